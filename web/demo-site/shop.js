// The pretend shop: all addresses are served from index.html; this shows the part asked for.
"use strict";

const slug = location.pathname.replace(/^\/demo-site\/?/, "").replace(/\/+$/, "");
const pages = [...document.querySelectorAll("[data-page]")];
const shown = pages.find((page) => page.dataset.page === slug) ?? pages.at(-1);
for (const page of pages) page.hidden = page !== shown;

const { name } = shown.dataset;
const order = document.getElementById("order");
order.hidden = !name;
if (name) {
  document.title = `${name} · Oriel Glassworks`;
  shown.querySelector("div").append(order);
}
if (shown === pages.at(-1)) document.title = "No such piece · Oriel Glassworks";
for (const link of document.querySelectorAll("nav a")) {
  if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
}

order.addEventListener("submit", (event) => {
  event.preventDefault();
  const lines = new FormData(order).get("lines");
  window.leadlight?.track("added_to_basket", { piece: name, lines });
  const told = order.querySelector(".told");
  told.textContent = `${name} is in your basket. (Nothing is sold here.)`;
});

document.getElementById("price-list").addEventListener("click", () => {
  window.leadlight?.track("price_list_opened", { piece: name });
  order.querySelector(".told").textContent =
    "Lamps from € 340, panels from € 620, windows from € 1,900.";
});

const invitation = document.getElementById("invitation");
invitation.addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = invitation.querySelector(".told");
  told.textContent = "One moment …";
  const answer = await window.leadlight?.identify(Object.fromEntries(new FormData(invitation)));
  told.textContent = answer?.ok ? "Thank you. We have written it on the list."
    : `That did not work. ${answer?.message ?? "Please try again later."}`;
});
