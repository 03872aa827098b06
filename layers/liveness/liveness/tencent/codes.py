"""Every error code that DetectLiveFace can answer with; `catalogue.py` looks them up.

`docs/error-codes.md` is these tables for readers: `python -m liveness.tencent.reference`.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Who can do something about it (design, "Failure kinds")."""

    IMAGE = "image"
    TRANSIENT = "transient"
    THROTTLE = "throttle"
    CREDENTIALS = "credentials"
    ACCOUNT = "account"
    REQUEST = "request"
    UNREACHABLE = "unreachable"


class Retry(StrEnum):
    """Whether the same request may succeed later; `limited` is worth one more attempt."""

    YES = "yes"
    LIMITED = "limited"
    NO = "no"


class Origin(StrEnum):
    """Which list the code stands in: `document` is detect-live-face.txt §6."""

    DOCUMENT = "document"
    LATER = "later"
    COMMON = "common"
    PRODUCT = "product"
    SDK = "sdk"


# The one transient error that another address, or the picture inline, can get around.
NOT_DOWNLOADED = "FailedOperation.ImageDownloadError"

CODES: dict[tuple[Kind, Retry, Origin], dict[str, str]] = {
    (Kind.IMAGE, Retry.NO, Origin.DOCUMENT): {
        "FailedOperation.FaceSizeTooSmall": "The face is too small to be judged.",
        "FailedOperation.ImageDecodeFailed": "The bytes are no PNG, JPEG or BMP that decodes.",
        "FailedOperation.ImageFacedetectFailed": "Face detection failed on this picture.",
        "FailedOperation.ImageResolutionExceed": "Long side above 4,000 px (JPEG), 2,000 (others).",
        "FailedOperation.ImageResolutionTooSmall": "Short side below 64 px.",
        "FailedOperation.ImageSizeExceed": "Above 5 MB as base64, about 3.75 MB as a file.",
        "InvalidParameterValue.ImageEmpty": "The picture has no bytes.",
        "InvalidParameterValue.NoFaceInPhoto": "No face in the picture.",
        "LimitExceeded.ErrorFaceNumExceed": "Too many faces in the picture.",
    },
    (Kind.IMAGE, Retry.NO, Origin.PRODUCT): {
        "FailedOperation.FaceQualityNotQualified": "The face's quality is not good enough.",
        "FailedOperation.LifePhotoDetectFaces": "Several faces in the picture.",
        "FailedOperation.LifePhotoDetectFake": "Not accepted as the photo of a real person.",
        "FailedOperation.LifePhotoDetectNoFaces": "No complete face in the picture.",
        "FailedOperation.LifePhotoSizeError": "The picture is too large or too small.",
        "InvalidParameterValue.ImageEmptyError": "The picture has no bytes.",
    },
    (Kind.TRANSIENT, Retry.YES, Origin.DOCUMENT): {
        "FailedOperation.RequestTimeout": "The backend timed out; the call may be billed.",
        "FailedOperation.ServerError": "The algorithm service failed and asks for a retry.",
        "InternalError": "Internal error; also the gateway's word for a slow backend.",
    },
    (Kind.TRANSIENT, Retry.YES, Origin.LATER): {
        "FailedOperation.RpcFail": "A call within the service failed.",
        "FailedOperation.UnKnowError": "Internal error.",
    },
    (Kind.TRANSIENT, Retry.YES, Origin.COMMON): {
        "ServiceUnavailable": "The service is unavailable at present.",
    },
    (Kind.TRANSIENT, Retry.YES, Origin.SDK): {
        "ClientNetworkError": "The SDK could not connect, send or read.",
        "ServerNetworkError": "The SDK saw an HTTP status other than 200.",
    },
    (Kind.TRANSIENT, Retry.LIMITED, Origin.DOCUMENT): {
        NOT_DOWNLOADED: "The service could not fetch Url: another Url, or Image, may do.",
    },
    (Kind.TRANSIENT, Retry.LIMITED, Origin.COMMON): {
        "AuthFailure.SignatureExpire": "Signed over five minutes ago, or the clock is wrong.",
        "FailedOperation": "The operation failed; the bare code says nothing more.",
        "ResourceInsufficient": "The service lacks resources at present.",
    },
    (Kind.THROTTLE, Retry.YES, Origin.DOCUMENT): {
        "FailedOperation.RequestLimitExceeded": "More than 50 requests a second for the API group.",
    },
    (Kind.THROTTLE, Retry.YES, Origin.COMMON): {
        "RequestLimitExceeded": "Too many requests for the API, region and sub-account.",
        "RequestLimitExceeded.GlobalRegionUinLimitExceeded": "Too many, account in all regions.",
        "RequestLimitExceeded.IPLimitExceeded": "Too many requests from this address.",
        "RequestLimitExceeded.UinLimitExceeded": "Too many requests of the account.",
    },
    (Kind.CREDENTIALS, Retry.NO, Origin.COMMON): {
        "AuthFailure.InvalidSecretId": "The SecretId is not one of a TencentCloud API key.",
        "AuthFailure.MFAFailure": "Multi-factor authentication failed.",
        "AuthFailure.SecretIdNotFound": "The SecretId does not exist, is deleted or disabled.",
        "AuthFailure.SignatureFailure": "Wrong SecretKey, or other bytes signed than sent.",
        "AuthFailure.TokenFailure": "The token of a temporary key is wrong or expired.",
    },
    (Kind.ACCOUNT, Retry.NO, Origin.DOCUMENT): {
        "ResourceUnavailable.Delivering": "The service was just activated: not ready yet.",
        "ResourceUnavailable.Freeze": "The account is frozen.",
        "ResourceUnavailable.InArrears": "The account is in arrears.",
        "ResourceUnavailable.NotExist": "The service is not activated in the console.",
        "ResourceUnavailable.Recover": "The resource has been repossessed.",
        "ResourceUnavailable.StopUsing": "The service is suspended for the account.",
        "ResourcesSoldOut.ChargeStatusException": "The billing status is exceptional.",
    },
    (Kind.ACCOUNT, Retry.NO, Origin.LATER): {
        "ResourceUnavailable.LowBalance": "The balance is too low.",
    },
    (Kind.ACCOUNT, Retry.NO, Origin.COMMON): {
        "ActionOffline": "The Action was taken offline: move to its successor.",
        "AuthFailure.UnauthorizedOperation": "The key's policies (CAM) do not allow the Action.",
        "IpInBlacklist": "The caller's address is blacklisted.",
        "IpNotInWhitelist": "The caller's address is not whitelisted.",
        "LimitExceeded": "A quota (not a rate) is exceeded.",
        "ResourceUnavailable": "The resource is unavailable: see the billing states.",
        "UnauthorizedOperation": "The operation is not authorized.",
    },
    (Kind.ACCOUNT, Retry.NO, Origin.PRODUCT): {
        "ResourceUnavailable.ChargeStatusException": "The account is in arrears.",
        "ResourceUnavailable.NotReady": "The service is not activated.",
    },
    (Kind.ACCOUNT, Retry.LIMITED, Origin.DOCUMENT): {
        "ResourceUnavailable.UnknownStatus": "The billing status could not be looked up.",
    },
    (Kind.ACCOUNT, Retry.LIMITED, Origin.PRODUCT): {
        "ResourceUnavailable.GetAuthInfoError": "The real-name status could not be looked up.",
    },
    (Kind.REQUEST, Retry.NO, Origin.DOCUMENT): {
        "InvalidParameter.InvalidParameter": "A parameter is invalid.",
        "InvalidParameterValue.FaceModelVersionIllegal": "A model this account cannot use.",
        "InvalidParameterValue.UrlIllegal": "Url is malformed, or not percent-encoded.",
        "MissingParameter.ErrorParameterEmpty": "Neither Image nor Url reached the service.",
        "UnsupportedOperation.UnknowMethod": "The Action is unknown: a wrong name, or retired.",
    },
    (Kind.REQUEST, Retry.NO, Origin.LATER): {
        "AuthFailure.InvalidAuthorization": "The Authorization header is malformed.",
    },
    (Kind.REQUEST, Retry.NO, Origin.COMMON): {
        "InvalidAction": "The Action does not exist in this version, or was removed.",
        "InvalidParameter": "A parameter's format or type is wrong.",
        "InvalidParameterValue": "A parameter's value is wrong.",
        "InvalidRequest": "The multipart format of the body is wrong.",
        "MissingParameter": "A parameter is missing.",
        "NoSuchProduct": "The product does not exist: wrong host or service.",
        "NoSuchVersion": "The version does not exist, or a proxy rewrote Host.",
        "RequestSizeLimitExceeded": "The request is larger than 10 MB.",
        "UnknownParameter": "The request carries a parameter that the Action does not know.",
        "UnsupportedOperation": "The operation is not supported.",
        "UnsupportedProtocol": "Only GET and POST are supported.",
        "UnsupportedRegion": "The Action is not offered in this region.",
    },
    (Kind.UNREACHABLE, Retry.NO, Origin.DOCUMENT): {
        "FailedOperation.ConflictOperation": "Concurrent edits of one person.",
        "FailedOperation.DuplicatedGroupDescription": "A group's field must be unique.",
        "FailedOperation.GroupInDeletedState": "The group is being deleted.",
        "FailedOperation.GroupPersonMapExist": "The person is already in the group.",
        "FailedOperation.GroupPersonMapNotExist": "The person is not in the group.",
        "FailedOperation.SearchFacesExceed": "Too many faces to search for.",
        "InvalidParameterValue.AccountFaceNumExceed": "Too many faces in the account.",
        "InvalidParameterValue.DeleteFaceNumExceed": "A person must keep one face.",
        "InvalidParameterValue.GroupExDescriptionsExceed": "Too many fields of a group.",
        "InvalidParameterValue.GroupExDescriptionsNameIdentical": "A group's field twice.",
        "InvalidParameterValue.GroupExDescriptionsNameIllegal": "A group's field: characters.",
        "InvalidParameterValue.GroupExDescriptionsNameTooLong": "A group's field: too long.",
        "InvalidParameterValue.GroupFaceNumExceed": "Too many faces in the group.",
        "InvalidParameterValue.GroupIdAlreadyExist": "The group's id exists.",
        "InvalidParameterValue.GroupIdIllegal": "The group's id: characters.",
        "InvalidParameterValue.GroupIdNotExist": "The group's id does not exist.",
        "InvalidParameterValue.GroupIdTooLong": "The group's id: too long.",
        "InvalidParameterValue.GroupIdsExceed": "Too many groups in the list.",
        "InvalidParameterValue.GroupNameAlreadyExist": "The group's name exists.",
        "InvalidParameterValue.GroupNameIllegal": "The group's name: characters.",
        "InvalidParameterValue.GroupNameTooLong": "The group's name: too long.",
        "InvalidParameterValue.GroupNumExceed": "Too many groups.",
        "InvalidParameterValue.GroupNumPerPersonExceed": "Too many groups for a person.",
        "InvalidParameterValue.GroupTagIllegal": "The group's remarks: characters.",
        "InvalidParameterValue.GroupTagTooLong": "The group's remarks: too long.",
        "InvalidParameterValue.LimitExceed": "Limit of a list is too large.",
        "InvalidParameterValue.NoFaceInGroups": "No faces in the group.",
        "InvalidParameterValue.OffsetExceed": "Offset of a list is too large.",
        "InvalidParameterValue.PersonExDescriptionInfosExceed": "Too many fields of a person.",
        "InvalidParameterValue.PersonExDescriptionsNameIdentical": "A person's field twice.",
        "InvalidParameterValue.PersonExDescriptionsNameIllegal": "A person's field: characters.",
        "InvalidParameterValue.PersonExDescriptionsNameTooLong": "A person's field: too long.",
        "InvalidParameterValue.PersonExistInGroup": "The person is already in the group.",
        "InvalidParameterValue.PersonFaceNumExceed": "Too many faces of a person.",
        "InvalidParameterValue.PersonGenderIllegal": "The person's gender is not 0, 1 or 2.",
        "InvalidParameterValue.PersonIdAlreadyExist": "The person's id exists.",
        "InvalidParameterValue.PersonIdIllegal": "The person's id: characters.",
        "InvalidParameterValue.PersonIdNotExist": "The person's id does not exist.",
        "InvalidParameterValue.PersonIdTooLong": "The person's id: too long.",
        "InvalidParameterValue.PersonNameIllegal": "The person's name: characters.",
        "InvalidParameterValue.PersonNameTooLong": "The person's name: too long.",
        "InvalidParameterValue.SearchPersonsExceed": "Too many persons to search for.",
        "InvalidParameterValue.UploadFaceNumExceed": "More than four faces uploaded.",
    },
    (Kind.UNREACHABLE, Retry.NO, Origin.COMMON): {
        "DryRunOperation": "A dry run would have succeeded.",
        "ResourceInUse": "The resource is in use.",
        "ResourceNotFound": "The resource does not exist.",
        "ResponseSizeLimitExceeded": "The answer is larger than 50 MB.",
    },
    (Kind.UNREACHABLE, Retry.NO, Origin.PRODUCT): {
        "FailedOperation.AcrossVersionsError": "Not possible across model versions.",
        "FailedOperation.CompareFail": "The comparison failed.",
        "FailedOperation.CreateFaceConcurrent": "Faces cannot be created concurrently.",
        "FailedOperation.GroupCannotUpgrade": "The group cannot be upgraded.",
        "FailedOperation.GroupLostFaces": "The group has lost pictures.",
        "FailedOperation.JobCannnotRollback": "The job cannot be rolled back.",
        "FailedOperation.UpgradeJobIdNotExist": "The upgrade job does not exist.",
        "InvalidParameterValue.FaceMatchThresholdIllegal": "FaceMatchThreshold is invalid.",
        "InvalidParameterValue.GroupIdNotExists": "The group's id does not exist.",
        "InvalidParameterValue.QualityControlIllegal": "QualityControl is invalid.",
        "InvalidParameterValue.UniquePersonControlIllegal": "UniquePersonControl is invalid.",
        "InvalidParameterValue.UnsupportedGroupFaceModelVersion": "Model below 3.0.",
    },
}

# Where the service finds what our own rules find too, the reason is the same (`picture.py`).
REASONS: dict[str, str] = {
    "FailedOperation.FaceQualityNotQualified": "poor_quality",
    "FailedOperation.FaceSizeTooSmall": "face_too_small",
    "FailedOperation.ImageDecodeFailed": "decode_failed",
    "FailedOperation.ImageFacedetectFailed": "face_not_detected",
    "FailedOperation.ImageResolutionExceed": "resolution_too_large",
    "FailedOperation.ImageResolutionTooSmall": "resolution_too_small",
    "FailedOperation.ImageSizeExceed": "file_too_large",
    "FailedOperation.LifePhotoDetectFaces": "too_many_faces",
    "FailedOperation.LifePhotoDetectFake": "photo_not_accepted",
    "FailedOperation.LifePhotoDetectNoFaces": "no_face",
    "FailedOperation.LifePhotoSizeError": "unsuitable_size",
    "InvalidParameterValue.ImageEmpty": "empty_file",
    "InvalidParameterValue.ImageEmptyError": "empty_file",
    "InvalidParameterValue.NoFaceInPhoto": "no_face",
    "LimitExceeded.ErrorFaceNumExceed": "too_many_faces",
}

ADVICE: dict[str, str] = {
    "decode_failed": "Take a new picture and send it as JPEG, PNG or BMP.",
    "empty_file": "Send the picture again; nothing of it arrived.",
    "face_not_detected": "Take a new picture, facing the camera in good, even light.",
    "face_too_small": "Move closer so that your face fills more of the picture.",
    "file_too_large": "Send a smaller picture; its file may have at most 3.75 MB.",
    "no_face": "Take a new picture with your whole face in it.",
    "photo_not_accepted": "Take a new picture of yourself, directly with the camera.",
    "poor_quality": "Take a sharper picture in good light with nothing covering your face.",
    "resolution_too_large": "Send a smaller picture: up to 4,000 pixels as JPEG, 2,000 otherwise.",
    "resolution_too_small": "Send a larger picture, at least 64 pixels on its short side.",
    "too_many_faces": "Take a new picture with nobody but you in it.",
    "unsuitable_size": "Take a new picture with the camera's usual settings.",
}
