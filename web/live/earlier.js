// What a list leaves out: a button below it that brings the next page, down to the first item.

import { h, refusalPlace } from "./elements.js";
import { request } from "./graphql.js";

/**
 * `{ element, update(lead) }` for a list of the card. `tab` names the rows in the card, `place` the
 * page in `lead.pages`; `document` asks for `page`. The rows go into the card by `take`, so what
 * happens to them later is seen like everything else.
 */
export function earlierPart({ leadId, take, onSignedOut }, { tab, place = tab, document, list,
  variables = {}, label = "Show earlier" }) {
  const button = h("button", { class: "plain wide", type: "button", onclick: read,
    data: { testid: `earlier-${place}` } }, label);
  const refusal = refusalPlace();
  const element = h("div", { class: "earlier" }, refusal, button);
  let page = { hasNextPage: false, endCursor: null };

  async function read() {
    const asked = page;
    button.disabled = true;
    refusal.textContent = "";
    try {
      const { lead } = await request(document, { id: leadId, after: page.endCursor, ...variables });
      if (asked !== page || !lead?.page) return; // the card began anew meanwhile
      list.dataset.filled = ""; // what is older is no news
      take({ __typename: "EarlierPage", tab, place, rows: lead.page.nodes,
        pageInfo: lead.page.pageInfo });
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      refusal.textContent = failure.message;
    } finally {
      button.disabled = false;
    }
  }

  function update({ pages }) {
    page = pages[place];
    element.hidden = !page.hasNextPage;
  }

  return { element, update };
}

/**
 * A list that can be narrowed: the newest rows come with the card, others are asked for. `newest()`
 * are the card's rows, `fits(row, variables)` says whether one is meant, `document` asks for `page`,
 * `draw(rows)` shows them. Answers `{ element, choose(variables), redraw(isAnew, page) }`.
 */
export function narrowedPart({ leadId, onSignedOut }, { document, newest, fits, list, draw }) {
  const button = h("button", { class: "plain wide", type: "button", onclick: read }, "Show earlier");
  const refusal = refusalPlace();
  const element = h("div", { class: "earlier" }, refusal, button);
  let variables = {}, older = [], page = { hasNextPage: false, endCursor: null };

  /** Shows what `wanted` narrows to; `first` is the card's own page when that is everything. */
  function choose(wanted, first) {
    variables = wanted;
    older = [];
    page = first ?? { hasNextPage: true, endCursor: null };
    list.dataset.filled = ""; // another list: nothing in it is news
    redraw();
    if (!first) read();
  }

  async function read() {
    const asked = variables;
    button.disabled = true;
    refusal.textContent = "";
    try {
      const answer = await request(document, { id: leadId, ...variables, after: page.endCursor });
      if (asked !== variables) return;
      older = [...older, ...(answer.lead?.page?.nodes ?? [])];
      page = answer.lead?.page?.pageInfo ?? { hasNextPage: false, endCursor: null };
      list.dataset.filled = "";
      redraw();
    } catch (failure) {
      if (failure.isSignedOut) return onSignedOut();
      refusal.textContent = failure.message;
    } finally {
      button.disabled = false;
    }
  }

  function redraw() {
    const fresh = newest().filter((row) => fits(row, variables));
    const known = new Set(fresh.map(({ id }) => id));
    draw([...fresh, ...older.filter(({ id }) => !known.has(id))]);
    button.hidden = !page.hasNextPage;
  }

  return { element, choose, redraw };
}
