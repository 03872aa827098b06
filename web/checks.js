// What is wrong with a picture, as codes of texts.json, the most important first. Pure functions.

/** The oval for the face, in a picture of 300 × 400. */
export const GUIDE = { cx: 150, cy: 190, rx: 90, ry: 120 };
const SPACE = { width: 300, height: 400 };

// Brightness from 0 to 255. Judged by a face's brightest tenth, which has light on it whatever the
// colour of the skin, and by ratios. Wide limits: a hint that is wrong is worse than none.
const BRIGHTEST = 0.9;
const DARK = 60;
const BEFORE_LIGHT = { face: 90, difference: 90 };
const BRIGHT = 225;
const UNEVEN = 0.55;
// The Laplacian's variance compared with that of the brightness, at `SAMPLE`'s size.
const BLURRED = 0.004;
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
  if (sharpness(grey, image.width, image.height) < BLURRED) found.push("blurred");
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
  const parts = { left: [], right: [], outside: [] };
  for (let i = 0; i < grey.length; i++) {
    parts[partOf(i % width, Math.floor(i / width), width, height)].push(grey[i]);
  }
  const [left, right, outside] = Object.values(parts).map(mean);
  const face = Float32Array.from([...parts.left, ...parts.right]).sort();
  const brightest = face[Math.floor(face.length * BRIGHTEST)];
  const difference = outside - brightest;
  if (brightest < BEFORE_LIGHT.face && difference > BEFORE_LIGHT.difference) return ["backlight"];
  if (brightest < DARK) return ["too_dark"];
  if (mean(face) > BRIGHT) return ["too_bright"];
  return Math.min(left, right) < UNEVEN * Math.max(left, right) ? ["uneven_light"] : [];
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function partOf(x, y, width, height) {
  const across = ((x + 0.5) * SPACE.width) / width - GUIDE.cx;
  const down = ((y + 0.5) * SPACE.height) / height - GUIDE.cy;
  if ((across / GUIDE.rx) ** 2 + (down / GUIDE.ry) ** 2 > 1) return "outside";
  return across < 0 ? "left" : "right";
}

/** How sharp a picture is: edges make the Laplacian vary, and contrast makes them stronger. */
export function sharpness(grey, width, height) {
  const laplacian = new Float32Array(grey.length); // 0 at the edges of the picture
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const around = grey[i - 1] + grey[i + 1] + grey[i - width] + grey[i + width];
      laplacian[i] = around - 4 * grey[i];
    }
  }
  return variance(laplacian) / (variance(grey) || 1);
}

function variance(values) {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
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
