import { clear, warn } from "./banner.js";
import { byId } from "./page.js";

let failures = 0;
let over = false;

const shownNow = () => `${byId("pp-show")?.value} ${byId("pp-doc")?.dataset.version}`;

document.addEventListener("htmx:sse:error", ({ detail, target }) => {
	over = [401, 403, 404].includes(detail.status);
	failures += 1;
	if (over) window.htmx.trigger(target, "version"); // tells why
	else if (failures === 2) warn("The connection is lost. It comes back by itself.");
});
document.addEventListener("htmx:sse:before:connection", (event) => {
	if (over) event.preventDefault();
	over = false;
});
document.addEventListener("htmx:sse:after:connection", ({ detail }) => {
	if (detail.connection.status >= 400) return;
	if (failures > 1) clear();
	failures = 0;
});
// What was asked before is stale.
document.addEventListener("htmx:config:request", (event) => {
	event.detail.ctx.shown = shownNow();
	// hx-sse does not.
	if (event.target.closest("[hx-ignore]")) event.preventDefault();
});
document.addEventListener("htmx:after:request", (event) => {
	const { sourceElement, shown } = event.detail.ctx;
	if (sourceElement?.id !== "pp-refresh" || shown === shownNow()) return;
	event.preventDefault();
	window.htmx.trigger(byId("live"), "threads");
});
