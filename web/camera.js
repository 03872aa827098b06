// The front camera, and what is wrong with what it sees.
import { SAMPLE, checkFaces, checkPixels, checkTilt } from "./checks.js";
import { draw } from "./picture.js";

const EVERY_MS = 400;
const REFUSED = { NotAllowedError: "camera_refused", NotReadableError: "camera_busy" };

/** Show the front camera in a video element. Rejects with an Error whose `code` says why not. */
export async function openCamera(video) {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1440 } },
    });
    await video.play();
  } catch (error) {
    closeCamera(video);
    // Without a secure context there are no mediaDevices at all.
    throw Object.assign(new Error("no camera"), { code: REFUSED[error.name] ?? "camera_missing" });
  }
}

/** Switch the camera, and its light, off. */
export function closeCamera(video) {
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
}

/** Ask for the sensors where the browser wants that; to be called while a click is handled. */
export async function allowOrientation() {
  const ask = globalThis.DeviceOrientationEvent?.requestPermission;
  await ask?.call(DeviceOrientationEvent).catch(() => {});
}

/** Light, blur and, where this browser detects faces, the face of a video's frame or an image. */
export async function examine(source, canvas = document.createElement("canvas")) {
  const context = draw(source, canvas, SAMPLE.width, SAMPLE.height);
  const pixels = checkPixels(context.getImageData(0, 0, SAMPLE.width, SAMPLE.height));
  return [...(await faces(canvas)), ...pixels];
}

async function faces(canvas) {
  if (!globalThis.FaceDetector) return [];
  try {
    const detected = await new FaceDetector({ fastMode: true, maxDetectedFaces: 2 }).detect(canvas);
    return checkFaces(detected.map((face) => face.boundingBox), SAMPLE.width);
  } catch {
    return []; // some browsers have the name and no detector behind it
  }
}

/** Call `onHint` with a code, or null where all is well, whenever that changes. Returns a stop. */
export function watch(video, onHint) {
  const canvas = document.createElement("canvas");
  let beta = null;
  let [shown, before] = [undefined, undefined];
  const onOrientation = (event) => (beta = screen.orientation?.angle ? null : event.beta);
  const timer = setInterval(async () => {
    if (!video.videoWidth) return;
    const [found = null] = [...checkTilt(beta), ...(await examine(video, canvas))];
    // Twice in a row, so that the hint does not flicker and a screen reader can keep up.
    if (found === before && found !== shown) onHint((shown = found));
    before = found;
  }, EVERY_MS);
  addEventListener("deviceorientation", onOrientation);
  return () => {
    clearInterval(timer);
    removeEventListener("deviceorientation", onOrientation);
  };
}
