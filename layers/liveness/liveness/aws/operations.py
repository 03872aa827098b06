"""Every AWS operation that the adapters use: add one here before you call it.

When the layer is built, `layers/liveness/reduce_models.py` reduces botocore's models to
these, and fails where an adapter calls an operation that is not listed.
"""

from collections.abc import Mapping

OPERATIONS: Mapping[str, frozenset[str]] = {
    "dynamodb": frozenset(
        {"DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"}
    ),
    # botocore itself sends HeadBucket, to find a bucket that is in another region, and presigns a
    # POST as if it were CreateBucket.
    "s3": frozenset(
        {
            "CreateBucket",
            "DeleteObject",
            "GetObject",
            "GetObjectTagging",
            "HeadBucket",
            "HeadObject",
            "ListObjectVersions",
            "PutObjectTagging",
        }
    ),
    "secretsmanager": frozenset({"GetSecretValue"}),
    "sns": frozenset({"Publish"}),
    "sqs": frozenset({"ChangeMessageVisibility", "SendMessage"}),
}
