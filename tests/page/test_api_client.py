"""The page's client of the API, with a network that is written here in JavaScript."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from tests.page.browser import CapturePage

# `fetch` gives the answers of `a[0]` one after another: [status, body, headers], or null for none.
# What was sent is in `sent`; the token changes with each request.
CALL = """{
    const [sent, answers] = [[], [...a[0]]];
    globalThis.fetch = async (url, { method, headers }) => {
        sent.push({ method, url, ...headers });
        const [status, content, extra] = answers.shift() ?? [];
        if (!status) throw new TypeError('no network');
        const body = content && JSON.stringify(content);
        return new Response(body, { status, headers: extra });
    };
    let tokens = 0;
    const api = new m.Api('https://api.example/', a[1] ?? (() => 't' + ++tokens));
    return %s.then((value) => ({ sent, value }), ({ code, retryAfter, uploadId }) =>
        ({ sent, code, retryAfter, uploadId }));
}"""
CREATED = [201, {"upload_id": "u"}]


def call(
    page: CapturePage, expression: str, *answers: Any, token: str | None = None
) -> dict[str, Any]:
    # As an arrow function, so that it may have statements.
    body = f"(() => {CALL % expression})()"
    result: dict[str, Any] = page.call("api.js", body, answers, token)
    return result


def test_what_the_network_lost_is_sent_again_with_the_same_key_and_a_fresh_token(
    files_page: CapturePage,
) -> None:
    result = call(files_page, "api.createUpload(7, 'c', 'key')", None, [503, {}], CREATED)

    assert result["value"] == {"upload_id": "u"}
    assert {each["idempotency-key"] for each in result["sent"]} == {"key"}
    tokens = [each["authorization"] for each in result["sent"]]
    assert tokens == ["Bearer t1", "Bearer t2", "Bearer t3"]
    assert {each["url"] for each in result["sent"]} == {"https://api.example/v1/uploads"}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([401, {"message": "Unauthorized"}], ("session_expired", None, None)),
        (
            [409, {"code": "upload_open", "upload_id": "u"}, {"retry-after": "9"}],
            ("upload_open", 9, "u"),
        ),
        (
            [429, {"code": "too_many_attempts"}, {"retry-after": "1800"}],
            ("too_many_attempts", 1800, None),
        ),
        ([422, {"code": "invalid_request"}], ("invalid_request", None, None)),
        ([400, {}], ("unexpected", None, None)),
    ],
)
def test_what_the_api_refuses_is_not_sent_again(
    files_page: CapturePage, answer: list[Any], problem: tuple[str, int | None, str | None]
) -> None:
    result = call(files_page, "api.createUpload(7, '', 'key')", answer)

    assert (result["code"], result["retryAfter"], result.get("uploadId")) == problem
    assert len(result["sent"]) == 1


def test_the_answer_is_waited_for_as_long_as_it_is_pending(files_page: CapturePage) -> None:
    pending, live = [200, {"status": "pending"}], [200, {"status": "live"}]

    result = call(files_page, "api.answer('a/b')", pending, live, token="t")

    assert result["value"] == {"status": "live"}
    urls = {each["url"] for each in result["sent"]}
    assert urls == {"https://api.example/v1/uploads/a%2Fb?wait=20"}
    assert {each["authorization"] for each in result["sent"]} == {"Bearer t"}


def test_no_answer_to_a_token_whose_time_is_over_means_an_expired_session(
    files_page: CapturePage,
) -> None:
    subject = {"sub": "ÿ>?~" * 9}  # of characters that base64url writes in its own way
    over, good = (jwt({**subject, "exp": exp}) for exp in (1, 99_999_999_999))

    result = call(files_page, "api.answer('u')", None, token=over)
    live = call(files_page, "api.answer('u')", None, [200, {"status": "live"}], token=good)

    assert (result["code"], len(result["sent"])) == ("session_expired", 1)
    assert (live["value"], len(live["sent"])) == ({"status": "live"}, 2)


def jwt(claims: dict[str, Any]) -> str:
    """A token without a signature, which a browser does not verify."""
    content = json.dumps(claims, ensure_ascii=False).encode()
    return f"e30.{urlsafe_b64encode(content).decode().rstrip('=')}.signature"


def test_an_upload_is_erased_and_nothing_comes_back(files_page: CapturePage) -> None:
    result = call(files_page, "api.discard('u')", [204, None])

    assert [each["method"] for each in result["sent"]] == ["DELETE"]
    assert "code" not in result


def test_an_upload_whose_time_is_over_is_replaced_by_a_new_one(files_page: CapturePage) -> None:
    files_page.run("""
        const own = fetch;
        window.keys = [];
        globalThis.fetch = async (url, options = {}) => {
            if (options.method !== 'POST') return own(url, options);
            keys.push(options.headers['idempotency-key']);
            const body = JSON.stringify({ code: 'upload_expired' });
            return new Response(body, { status: 409 });
        };
    """)
    files_page.start_camera()
    files_page.take_picture()
    files_page.wait_for("problem")

    files_page.click("try-again")
    files_page.wait_until(lambda: files_page.run("return keys.length") == 2)
    files_page.wait_for("problem")

    assert files_page.text("problem-text").startswith("The time to send this picture is over.")
    assert len(set(files_page.run("return keys"))) == 2
