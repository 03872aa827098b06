// The way of one picture: asking, framing (or choosing), review, sending, waiting, answer.
import { Api, Problem } from "./api.js";
import { allowOrientation, closeCamera, examine, openCamera, watch } from "./camera.js";
import { GUIDE } from "./checks.js";
import { encode } from "./picture.js";
import { View } from "./view.js";

// The upload cannot be used any more; the same picture needs another one.
const OVER = ["upload_refused", "upload_expired"];

const $ = (id) => document.getElementById(id);

/**
 * Start the page.
 *
 * `token` is the bearer token, or a function that returns it or a promise of it. With a
 * `consentId` of your own the page does not ask for consent. `onAnswer` is called with each answer
 * of the API, `{upload_id, status, reason?, …}`.
 */
export async function start({ token, consentId, onAnswer = () => {} }) {
  try {
    const [config, texts] = await Promise.all(["config.json", "texts.json"].map(readJson));
    const api = new Api(config.api_url, token);
    new CapturePage(config, new View(texts), api, { consentId, onAnswer }).begin();
  } catch (error) {
    $("unavailable").hidden = false;
    throw error;
  }
}

async function readJson(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`);
  return response.json();
}

class CapturePage {
  #stopWatching = () => {};
  #picture = null;
  #idempotencyKey = null;
  #uploadId = null; // of an upload that S3 has
  #retry = () => {};
  #canRetry = true;
  #timer = 0;

  constructor(config, view, api, { consentId, onAnswer }) {
    Object.assign(this, { config, view, api, onAnswer });
    this.mustAgree = Boolean(config.consent_id) && !consentId;
    this.consentId = consentId || config.consent_id;
    Object.entries(GUIDE).forEach(([name, value]) => $("guide").setAttribute(name, value));
    $("consent").hidden = !this.mustAgree;
    link("privacy", config.privacy_url);
    link("sign-in", config.sign_in_url);
    this.#listen();
  }

  begin() {
    this.view.show("asking");
  }

  #listen() {
    $("start").onsubmit = (event) => {
      event.preventDefault();
      this.#agree();
    };
    $("shutter").onclick = () => this.#capture($("video"));
    $("file").onchange = () => this.#choose();
    $("send").onclick = () => this.#submit();
    for (const id of ["camera-again", "retake", "again"]) $(id).onclick = () => this.#frame();
    $("try-again").onclick = () => this.#retry();
    // The camera's light goes out with the page, and comes back with it.
    document.addEventListener("visibilitychange", () => {
      if (!this.view.shows("framing")) return;
      if (document.hidden) this.#leaveCamera();
      else this.#frame();
    });
  }

  #agree() {
    const agreed = $("agree").checked || !this.mustAgree;
    this.view.say("consent-error", agreed ? null : "consent_missing");
    $("agree").setAttribute("aria-invalid", String(!agreed));
    if (!agreed) return $("agree").focus();
    const allowed = allowOrientation();
    return allowed.then(() => this.#frame());
  }

  async #frame() {
    this.#leaveCamera();
    try {
      await openCamera($("video"));
    } catch (error) {
      this.view.say("choosing-reason", error.code);
      return this.view.show("choosing");
    }
    $("shutter").disabled = false;
    this.view.say("hint", "hold_still");
    this.#stopWatching = watch($("video"), (hint) => this.view.say("hint", hint ?? "all_well"));
    return this.view.show("framing");
  }

  #leaveCamera() {
    this.#stopWatching();
    this.#stopWatching = () => {};
    closeCamera($("video"));
  }

  async #choose() {
    const [file] = $("file").files;
    $("file").value = ""; // the same file may be chosen again
    if (!file) return;
    try {
      const image = await createImageBitmap(file); // upright: the EXIF orientation is applied
      this.view.say("file-error", null);
      await this.#capture(image);
    } catch {
      this.view.say("file-error", "unreadable_file");
    }
  }

  async #capture(source) {
    $("shutter").disabled = true;
    const picture = await encode(source);
    const findings = await examine(await createImageBitmap(picture));
    this.#leaveCamera();
    this.#picture = picture;
    this.#idempotencyKey = crypto.randomUUID();
    this.#uploadId = null;
    URL.revokeObjectURL($("preview").src);
    $("preview").src = URL.createObjectURL(picture);
    this.view.list("findings", findings.length ? findings : ["all_well"]);
    this.view.show("review");
  }

  async #submit() {
    this.#progress(0);
    this.view.show("sending");
    try {
      const { size } = this.#picture;
      const upload = await this.api.createUpload(size, this.consentId, this.#idempotencyKey);
      await this.api.send(upload, this.#picture, (share) => this.#progress(share));
      this.#uploadId = upload.upload_id;
    } catch (problem) {
      return this.#explain(problem, () => this.#submit());
    }
    return this.#wait();
  }

  #progress(share) {
    const percent = Math.floor(share * 100);
    $("progress").value = percent;
    this.view.say("percent", "percent", { percent });
  }

  async #wait() {
    this.view.show("waiting");
    let answer;
    try {
      answer = await this.api.answer(this.#uploadId);
    } catch (problem) {
      return this.#explain(problem, () => this.#wait());
    }
    this.#show(answer);
    return this.onAnswer(answer);
  }

  #show(answer) {
    const { status, reason, advice } = answer;
    this.view.say("answer-title", `answer_${status}`);
    if (reason) this.view.sayReason("advice", reason, advice);
    else this.view.say("advice", `answer_${status}_text`);
    link("next", status === "live" && this.config.next_url);
    $("again").hidden = status === "live";
    this.view.show("answer");
  }

  // What the API or the network refused, and what can be done about it.
  #explain(problem, retry) {
    if (!(problem instanceof Problem)) throw problem;
    const { code, uploadId } = problem;
    this.#retry = retry;
    if (OVER.includes(code)) this.#idempotencyKey = crypto.randomUUID();
    if (code === "upload_not_found") this.#retry = () => this.#frame();
    this.view.say("problem-text", this.view.has(code) ? code : "unexpected");
    link("sign-in", code === "session_expired" && this.config.sign_in_url);
    this.#canRetry = code !== "session_expired" || this.api.canRenew;
    $("discard").hidden = code !== "upload_open";
    $("discard").onclick = () => this.#discard(uploadId);
    this.#countDown(problem.retryAfter ?? 0);
    this.view.show("problem");
  }

  async #discard(uploadId) {
    this.#progress(0);
    this.view.show("sending");
    try {
      await this.api.discard(uploadId);
    } catch (problem) {
      return this.#explain(problem, () => this.#submit());
    }
    return this.#submit();
  }

  // Until a second request makes sense. Silent for a screen reader but for its end.
  #countDown(seconds) {
    clearInterval(this.#timer);
    const end = performance.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((end - performance.now()) / 1000);
      const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      $("countdown").hidden = left <= 0;
      $("try-again").hidden = left > 0 || !this.#canRetry;
      this.view.say("countdown", "countdown", { time });
      this.view.say("ready", seconds && left <= 0 ? "ready" : null);
      if (left <= 0) clearInterval(this.#timer);
    };
    this.#timer = setInterval(tick, 500);
    tick();
  }
}

// A link is there where the config has its address.
function link(id, address) {
  $(id).hidden = !address;
  if (address) $(id).href = address;
}
