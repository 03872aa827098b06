// A picture as the service wants it: 3:4, 1080 × 1440, JPEG, no metadata, small enough.

export const WIDTH = 1080;
export const HEIGHT = 1440;
export const MAX_BYTES = 3_750_000;
const QUALITIES = [0.92, 0.85, 0.75, 0.6, 0.45, 0.3];

/** The largest 3:4 part in the middle of a picture. */
export function crop(width, height) {
  const part = { width: Math.min(width, (height * 3) / 4), height: Math.min(height, (width * 4) / 3) };
  return { x: (width - part.width) / 2, y: (height - part.height) / 2, ...part };
}

/** Draw a video's frame or an image, cropped, into a canvas of this size. */
export function draw(source, canvas, width, height) {
  const part = crop(source.videoWidth ?? source.width, source.videoHeight ?? source.height);
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(source, part.x, part.y, part.width, part.height, 0, 0, width, height);
  return context;
}

/** Encode a video's frame or an image. A canvas has no EXIF, and so has what it exports. */
export async function encode(source, maxBytes = MAX_BYTES) {
  const canvas = document.createElement("canvas");
  draw(source, canvas, WIDTH, HEIGHT);
  for (const quality of QUALITIES) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob && blob.size <= maxBytes) return blob;
  }
  throw new Error("the picture cannot be made small enough");
}
