"""The upload bucket: presigned POSTs whose policy leaves nothing to the phone, and erasure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from liveness.aws.errors import aws_errors
from liveness.image_rules import MAX_BYTES
from upload_api.uploads import Person, PictureForm, UploadRequest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FORM_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class S3Pictures:
    """The upload bucket."""

    s3: S3Client
    bucket: str

    def form(
        self, person: Person, key: str, request: UploadRequest, lifetime: timedelta
    ) -> PictureForm:
        """Presign a POST. Its policy fixes key, type, size and whose picture it is."""
        fields = {"Content-Type": request.content_type, "x-amz-meta-subject": person.subject}
        if request.consent_id is not None:
            fields["x-amz-meta-consent-id"] = request.consent_id
        with aws_errors("s3"):
            form = self.s3.generate_presigned_post(
                self.bucket,
                key,
                Fields=dict(fields),
                Conditions=[
                    *({name: value} for name, value in fields.items()),
                    ["content-length-range", 1, MAX_BYTES],
                ],
                ExpiresIn=ceil(lifetime.total_seconds()),
            )
        return PictureForm(form["url"], form["fields"])

    def erase(self, key: str) -> None:
        """Delete all versions of the object permanently."""
        with aws_errors("s3"):
            listed = self.s3.list_object_versions(Bucket=self.bucket, Prefix=key)
            for each in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
                self.s3.delete_object(
                    Bucket=self.bucket, Key=each["Key"], VersionId=each["VersionId"]
                )
