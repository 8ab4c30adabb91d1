// Files: sent by a ticket, shown as chips or pictures, fetched by a link that is asked for anew.

import { CREATE_UPLOAD, NOTE_FILES } from "./documents.js";
import { h } from "./elements.js";
import { Failure, mutate, request } from "./graphql.js";

/** Sends a file; answers the id of its upload or throws a Failure. */
export async function upload(file) {
  const answer = await mutate(CREATE_UPLOAD, { name: file.name, sizeBytes: file.size });
  if (!answer.ticket) throw new Failure(`${file.name}: ${answer.message}`);
  const { id, uploadUrl } = answer.ticket;
  const sent = await fetch(here(uploadUrl), {
    method: "PUT", credentials: "same-origin", body: file,
  }).catch(() => null);
  if (!sent?.ok) throw new Failure(`${file.name} could not be sent.`);
  return id;
}

/** A link of ours by its path: the page may have been reached under another name. */
export const here = (url) => (url ? new URL(url).pathname : null);

const UNITS = [["MB", 2 ** 20], ["kB", 2 ** 10]];

/** A size as people read it, `1.4 MB`. */
export function size(bytes) {
  const [unit, one] = UNITS.find(([, least]) => bytes >= least) ?? ["bytes", 1];
  return `${one === 1 ? bytes : (bytes / one).toFixed(1)} ${unit}`;
}

/**
 * The same files, whose links don't count when two are compared: they change from minute to minute
 * while the file does not.
 */
export function steady(files) {
  return files.map(({ thumbnailUrl, downloadUrl, ...file }) => Object.defineProperties(file, {
    thumbnailUrl: { value: thumbnailUrl }, downloadUrl: { value: downloadUrl },
  }));
}

/** Chips of a note's files; a click downloads one. */
export function fileChips(leadId, files) {
  if (!files.length) return null;
  return h("ul", { class: "files", "aria-label": "Files" }, files.map((file) => h("li", {},
    h("a", { href: here(file.downloadUrl), download: file.name, title: `Download ${file.name}`,
      onclick: (event) => download(event, leadId, file) },
      file.thumbnailUrl ? h("img", { src: here(file.thumbnailUrl), alt: "", loading: "lazy" }) : null,
      h("span", {}, file.name), h("small", {}, size(file.sizeBytes))))));
}

// A card stays open for hours, a link is good for minutes.
async function download(event, leadId, { id, name }) {
  event.preventDefault();
  const { lead } = await request(NOTE_FILES, { id: leadId }).catch(() => ({ lead: null }));
  const files = (lead?.notes?.nodes ?? []).flatMap(({ attachments }) => attachments);
  const found = files.find((file) => file.id === id);
  if (found) h("a", { href: here(found.downloadUrl), download: name }).click();
}
