// The upload API: an upload is created, sent to S3, and asked about until there is an answer.

const WAIT_SECONDS = 20;
const PATIENCE_MS = 180_000;
const REQUEST_TIMEOUT_MS = 60_000;
const PAUSES_MS = [1_000, 2_000, 4_000];

/** What went wrong: `code` is the API's or one of texts.json, `retryAfter` in seconds. */
export class Problem extends Error {
  constructor(code, { status = 0, retryAfter = null, uploadId = null } = {}) {
    super(code);
    Object.assign(this, { code, status, retryAfter, uploadId });
  }

  /** Whether the same request may succeed in a moment. */
  get isTransient() {
    const throttled = this.status === 429 && this.code === "unexpected";
    return throttled || this.status >= 500 || ["network", "request_in_progress"].includes(this.code);
  }
}

export class Api {
  /** `token` is a text, or a function that returns one or a promise of it. */
  constructor(url, token) {
    this.url = `${url.replace(/\/$/, "")}/v1/uploads`;
    this.canRenew = typeof token === "function";
    this.token = this.canRenew ? token : () => token;
  }

  /** Create an upload; the same key never creates a second one. */
  createUpload(size, consentId, idempotencyKey) {
    const body = { content_type: "image/jpeg", size, ...(consentId && { consent_id: consentId }) };
    const headers = { "content-type": "application/json", "idempotency-key": idempotencyKey };
    return this.#request("POST", "", { headers, body: JSON.stringify(body) });
  }

  /** Send a picture to S3, and call `onProgress` with the share that has been sent. */
  send(upload, picture, onProgress) {
    return retried(() => post(upload, picture, onProgress));
  }

  /** Wait for the answer. */
  async answer(uploadId) {
    const until = performance.now() + PATIENCE_MS;
    while (performance.now() < until) {
      const path = `/${encodeURIComponent(uploadId)}?wait=${WAIT_SECONDS}`;
      const answer = await this.#request("GET", path);
      if (answer.status !== "pending") return answer;
      await pause(PAUSES_MS[0]);
    }
    throw new Problem("still_pending");
  }

  /** Erase an upload. */
  discard(uploadId) {
    return this.#request("DELETE", `/${encodeURIComponent(uploadId)}`);
  }

  #request(method, path, { headers = {}, body } = {}) {
    return retried(async () => {
      const token = await this.token();
      if (!token) throw new Problem("session_expired");
      const authorization = `Bearer ${token}`;
      const response = await fetch(this.url + path, {
        method,
        body,
        headers: { ...headers, authorization },
        cache: "no-store",
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      }).catch(() => {
        throw new Problem(isExpired(token) ? "session_expired" : "network");
      });
      const content = await response.json().catch(() => ({}));
      if (response.ok) return content;
      throw problemOf(response, content);
    });
  }
}

function problemOf(response, content) {
  const code = response.status === 401 ? "session_expired" : content.code ?? "unexpected";
  const seconds = Number.parseInt(response.headers.get("retry-after"), 10);
  const retryAfter = Number.isNaN(seconds) ? null : seconds;
  return new Problem(code, { status: response.status, retryAfter, uploadId: content.upload_id });
}

// A browser cannot read the 401 of API Gateway's own authorizer where it comes without CORS: AWS
// documents CORS for the answers of integrations only. So a JWT's own time is looked at.
function isExpired(token) {
  try {
    const claims = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(claims)).exp * 1000 <= Date.now();
  } catch {
    return false; // not a JWT
  }
}

// XMLHttpRequest: fetch has no progress of uploads.
function post({ url, fields }, picture, onProgress) {
  const form = new FormData();
  Object.entries(fields).forEach(([name, value]) => form.append(name, value));
  form.append("file", picture); // S3 ignores what comes after the file
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onerror = () => reject(new Problem("network"));
    request.onload = () => {
      const { status } = request;
      if (status >= 200 && status < 300) resolve();
      else reject(new Problem("upload_refused", { status }));
    };
    request.send(form);
  });
}

async function retried(operation) {
  for (const wait of PAUSES_MS) {
    try {
      return await operation();
    } catch (problem) {
      if (!problem.isTransient) throw problem;
    }
    await pause(wait);
  }
  return operation();
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
