"""The vendor's own generic client calls the fake."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

# The vendor ships neither annotations nor stubs.
from tencentcloud.common import abstract_client
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import (
    TencentCloudSDKException,
)
from tencentcloud.common.profile.client_profile import (
    ClientProfile,
)
from tencentcloud.common.profile.http_profile import HttpProfile

from liveness.credentials import TencentCredentials
from local.detectliveface.control_client import ControlClient
from local.detectliveface.process import DEFAULT_CREDENTIALS, FakeDetectLiveFace

from .image_host import ImageHost, image

# The SDK takes the date with a function that Python 3.12 deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

type Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(fake: FakeDetectLiveFace) -> Call:
    def call(
        parameters: dict[str, str],
        *,
        action: str = "DetectLiveFace",
        credentials: TencentCredentials = DEFAULT_CREDENTIALS,
        version: str = "2020-03-03",
        region: str = "ap-guangzhou",
        method: str = "POST",
        unsigned_payload: bool = False,
    ) -> dict[str, Any]:
        profile = ClientProfile(
            httpProfile=HttpProfile(protocol="http", endpoint=fake.endpoint, reqMethod=method),
        )
        profile.unsignedPayload = unsigned_payload
        key = Credential(credentials.secret_id, credentials.secret_key, credentials.token)
        client = CommonClient("iai", version, key, region, profile)
        answer: dict[str, Any] = client.call_json(action, parameters)["Response"]
        return answer

    return call


def error_code(call: Call, *arguments: Any, **options: Any) -> str:
    with pytest.raises(TencentCloudSDKException) as refused:
        call(*arguments, **options)
    assert refused.value.requestId
    return str(refused.value.code)


def test_it_reads_the_detection_of_model_3(call: Call, image_host: ImageHost) -> None:
    answer = call({"Url": image_host.put("live.jpg"), "FaceModelVersion": "3.0"})
    assert answer.keys() == {"Score", "IsLiveness", "FaceModelVersion", "RequestId"}
    assert answer["IsLiveness"] is True
    assert answer["FaceModelVersion"] == "3.0"


def test_it_reads_the_score_of_model_2(call: Call, image_host: ImageHost) -> None:
    answer = call({"Url": image_host.put("live.jpg"), "FaceModelVersion": "2.0"})
    assert answer["Score"] == 99
    assert answer["FaceModelVersion"] == "2.0"


def test_it_reads_the_score_of_the_successor_action(call: Call, image_host: ImageHost) -> None:
    answer = call({"Url": image_host.put("spoof.jpg")}, action="DetectLiveFaceAccurate")
    assert answer.keys() == {"Score", "FaceModelVersion", "RequestId"}
    assert answer["Score"] == 12
    assert answer["FaceModelVersion"] == "3.0"


def test_it_sends_an_image_inline(call: Call) -> None:
    assert call({"Image": b64encode(image()).decode()})["IsLiveness"] is True


def test_it_may_leave_the_body_unsigned(call: Call, image_host: ImageHost) -> None:
    assert call({"Url": image_host.put("live.jpg")}, unsigned_payload=True)["IsLiveness"] is True


def test_it_calls_with_temporary_credentials(
    call: Call, image_host: ImageHost, control: ControlClient
) -> None:
    temporary = TencentCredentials("AKIDTEMPORARY", "temporaryKey", "temporaryToken")
    control.set_credentials(temporary)
    assert call({"Url": image_host.put("live.jpg")}, credentials=temporary)["IsLiveness"] is True


def test_a_wrong_key_is_refused(call: Call) -> None:
    wrong = TencentCredentials(DEFAULT_CREDENTIALS.secret_id, "anotherKey")
    assert error_code(call, {}, credentials=wrong) == "AuthFailure.SignatureFailure"


def test_an_unknown_id_is_refused(call: Call) -> None:
    unknown = TencentCredentials("AKIDUNKNOWN", DEFAULT_CREDENTIALS.secret_key)
    assert error_code(call, {}, credentials=unknown) == "AuthFailure.SecretIdNotFound"


@pytest.mark.parametrize("skew", [-310, 310])
def test_a_timestamp_over_five_minutes_off_is_refused(
    call: Call, monkeypatch: pytest.MonkeyPatch, skew: int
) -> None:
    # The SDK takes no clock.
    monkeypatch.setattr(abstract_client, "time", SimpleNamespace(time=lambda: time.time() + skew))
    assert error_code(call, {}) == "AuthFailure.SignatureExpire"


def test_an_unknown_parameter_is_refused(call: Call, image_host: ImageHost) -> None:
    parameters = {"Url": image_host.put("live.jpg"), "MaxFaceNum": "1"}
    assert error_code(call, parameters) == "UnknownParameter"


def test_a_wrong_version_is_refused(call: Call) -> None:
    assert error_code(call, {}, version="2018-03-01") == "NoSuchVersion"


def test_an_unknown_action_is_refused(call: Call) -> None:
    assert error_code(call, {}, action="DetectLiveFaceTwice") == "InvalidAction"


def test_an_unserved_region_is_refused(call: Call) -> None:
    assert error_code(call, {}, region="ap-nowhere") == "UnsupportedRegion"


def test_a_missing_region_is_refused(call: Call) -> None:
    assert error_code(call, {}, region="") == "MissingParameter"


def test_get_is_not_served(call: Call) -> None:
    assert error_code(call, {}, method="GET") == "UnsupportedProtocol"
