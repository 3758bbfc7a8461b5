// Says when the live stream cannot be had, and stops where it is refused.
import { clear, warn } from "./banner.js";

const refused = [401, 403, 404];
let failures = 0;
let over = false;

const shownNow = () => document.getElementById("pp-show")?.value;

export const watchStream = () => {
	document.addEventListener("htmx:sse:error", ({ detail, target }) => {
		over = refused.includes(detail.status);
		failures += 1;
		if (over) window.htmx.trigger(target, "version"); // its answer tells why
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
	// A refresh from before another tab was chosen would change it back.
	document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
		ctx.shown = shownNow();
	});
	document.addEventListener("htmx:after:request", (event) => {
		const { sourceElement, shown } = event.detail.ctx;
		if (sourceElement?.id !== "pp-refresh" || shown === shownNow()) return;
		event.preventDefault();
		window.htmx.trigger(document.getElementById("live"), "threads");
	});
};
