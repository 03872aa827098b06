// What is wrong with a picture, as codes of texts.json, the most important first. Pure functions.

/** The oval for the face, in a picture of 300 × 400. */
export const GUIDE = { cx: 150, cy: 190, rx: 90, ry: 120 };
const SPACE = { width: 300, height: 400 };

// Brightness from 0 to 255, within the oval. Wide limits: a hint that is wrong is worse than none.
const DARK = 55;
const BRIGHT = 225;
const UNEVEN = 80;
const BACKLIGHT = 80;
// Variance of the Laplacian at `SAMPLE`'s size: out of focus or moved below it.
const BLURRED = 20;
const TILTED_DEGREES = 25;
// A face's width compared with the picture's.
const FAR = 0.35;
const NEAR = 0.8;
const OFF_CENTRE = 0.15;

/** The size at which pictures are examined. */
export const SAMPLE = { width: 360, height: 480 };

/** Light and blur of an ImageData. */
export function checkPixels(image) {
  const grey = greyscale(image);
  const found = light(grey, image.width, image.height);
  if (laplacianVariance(grey, image.width, image.height) < BLURRED) found.push("blurred");
  return found;
}

/** Brightness of each pixel, by ITU-R BT.601. */
export function greyscale({ data }) {
  const grey = new Float32Array(data.length / 4);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
  }
  return grey;
}

function light(grey, width, height) {
  const sums = { left: 0, right: 0, outside: 0 };
  const counts = { left: 0, right: 0, outside: 0 };
  for (let i = 0; i < grey.length; i++) {
    const part = partOf(i % width, Math.floor(i / width), width, height);
    sums[part] += grey[i];
    counts[part] += 1;
  }
  const [left, right, outside] = Object.keys(sums).map((part) => sums[part] / counts[part]);
  const inside = (left + right) / 2;
  if (outside - inside > BACKLIGHT) return ["backlight"];
  if (inside < DARK) return ["too_dark"];
  if (inside > BRIGHT) return ["too_bright"];
  return Math.abs(left - right) > UNEVEN ? ["uneven_light"] : [];
}

function partOf(x, y, width, height) {
  const across = ((x + 0.5) * SPACE.width) / width - GUIDE.cx;
  const down = ((y + 0.5) * SPACE.height) / height - GUIDE.cy;
  if ((across / GUIDE.rx) ** 2 + (down / GUIDE.ry) ** 2 > 1) return "outside";
  return across < 0 ? "left" : "right";
}

/** How sharp a picture is: edges make the Laplacian vary. */
export function laplacianVariance(grey, width, height) {
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const value = grey[i - 1] + grey[i + 1] + grey[i - width] + grey[i + width] - 4 * grey[i];
      sum += value;
      squares += value * value;
    }
  }
  const count = (width - 2) * (height - 2);
  return squares / count - (sum / count) ** 2;
}

/** Whether a phone is held upright; `beta` is that of deviceorientation, null without a sensor. */
export function checkTilt(beta) {
  if (beta === null || beta === undefined) return [];
  const fromUpright = (Math.acos(Math.sin((beta * Math.PI) / 180)) * 180) / Math.PI;
  return fromUpright > TILTED_DEGREES ? ["tilted"] : [];
}

/** Number, distance and place of the faces, boxes of {x, width} in a picture of this width. */
export function checkFaces(faces, width) {
  if (faces.length === 0) return ["no_face_seen"];
  if (faces.length > 1) return ["several_faces"];
  const [face] = faces;
  if (face.width < FAR * width) return ["too_far"];
  if (face.width > NEAR * width) return ["too_near"];
  return Math.abs(face.x + face.width / 2 - width / 2) > OFF_CENTRE * width ? ["off_centre"] : [];
}
