"""Every AWS operation that the adapters use: add one here before you call it.

When the layer is built, `layers/liveness/reduce_models.py` reduces botocore's models to
these, and fails where an adapter calls an operation that is not listed.
"""

from collections.abc import Mapping

OPERATIONS: Mapping[str, frozenset[str]] = {
    "dynamodb": frozenset({"GetItem", "PutItem", "UpdateItem"}),
    # botocore itself sends HeadBucket, to find a bucket that is in another region.
    "s3": frozenset(
        {
            "DeleteObject",
            "GetObject",
            "GetObjectTagging",
            "HeadBucket",
            "HeadObject",
            "PutObjectTagging",
        }
    ),
    "secretsmanager": frozenset({"GetSecretValue"}),
    "sns": frozenset({"Publish"}),
    "sqs": frozenset({"ChangeMessageVisibility", "SendMessage"}),
}
