// Icons of events by their names, each drawn with lines in a square of 16.

const PATHS = {
  calendar: "M2 4h12v10H2zM2 7h12M5 2v3M11 2v3",
  check: "M3 8.5l3.5 3.5L13 5",
  eye: "M1.5 8C4 3.7 12 3.7 14.5 8 12 12.3 4 12.3 1.5 8zM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  "file-text": "M4 1.5h5.5L12 4v10.5H4zM6 7h4M6 9.5h4M6 12h2.5",
  flag: "M4 14.5v-13M4 2.5h8l-2 3 2 3H4",
  gift: "M2.5 7h11v7.5h-11zM1.5 4h13v3h-13zM8 4v10.5M8 4C6 0 3.5 2.5 5 4M8 4c2-4 4.5-1.5 3 0",
  heart: "M8 13.5C2 9.5 1.5 6.5 2.5 4.5 4 2 7 2.5 8 5c1-2.5 4-3 5.5-.5 1 2 .5 5-5.5 9z",
  home: "M2 8l6-5.5L14 8M4 6.5V13.5h8V6.5M7 13.5V10h2v3.5",
  key: "M10.5 2a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM8 8l-5.5 5.5M4 12l1.5 1.5",
  mail: "M1.5 3.5h13v9h-13zM1.5 4.5L8 9l6.5-4.5",
  message: "M2 3h12v8H7l-3 3v-3H2z",
  phone: "M4 2l2.5 3-1 1.5c1 2 2 3 4 4l1.5-1 3 2.5-1.5 2C8 14.5 1.5 8 2 3.5z",
  "phone-missed": "M2 12c3-4 9-4 12 0l-2.5 1.5-1.5-2H6l-1.5 2zM5 2l3 3 4-4M5 5V2h3",
  star: "M8 1.5l2 4.3 4.5.6-3.3 3.2.8 4.6L8 12l-4 2.2.8-4.6L1.5 6.4 6 5.8z",
  "user-plus": "M6 2.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5M1.5 14c0-6 9-6 9 0M13 5v5M10.5 7.5h5",
  users: "M5.5 3a2.2 2.2 0 1 0 0 4.5 2.2 2.2 0 0 0 0-4.5zM1.5 13.5c0-5 8-5 8 0M10.5 4.5v3M12 9v4",
  video: "M1.5 4h8.5v8H1.5zM10 7l4.5-2.5v7L10 9",
  voicemail: "M4 5a2.5 2.5 0 1 0 .1 0zM12 5a2.5 2.5 0 1 0 .1 0zM4 10h8",
};
/** Every name that there is an icon for. */
export const ICONS = Object.keys(PATHS);

const SVG = "http://www.w3.org/2000/svg";

/** The icon of that name; a name that is not known is drawn as a flag. */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 16 16");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.flag);
  drawing.append(path);
  return drawing;
}
