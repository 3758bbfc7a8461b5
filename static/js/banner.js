// One banner for what went wrong, in the top layer: it moves nothing and nothing covers it.

const banner = () => document.getElementById("banner");

const show = () => {
	const region = banner();
	if (!region) return;
	const filled = region.childElementCount > 0;
	if (filled !== region.matches(":popover-open")) region.togglePopover(filled);
};

export const warn = (words) => {
	const template = document.getElementById("pp-warning");
	if (!template || !banner()) return;
	const made = template.content.cloneNode(true);
	made.querySelector("p").textContent = words;
	banner().replaceChildren(made);
	show();
};

export const clear = () => {
	banner()?.replaceChildren();
	show();
};

// What the page asks by itself neither complains nor clears a complaint.
const asks = ["pp-news", "pp-refresh", "pp-viewers", "pp-mentions", "live"];
const quiet = (event) => asks.includes(event.detail.ctx?.sourceElement?.id);

export const watchErrors = () => {
	document.addEventListener("click", (event) => {
		if (event.target.closest("[data-dismiss]")) clear();
	});
	document.addEventListener("htmx:response:error", (event) => {
		if (!quiet(event) && event.detail.ctx?.response?.status >= 500) {
			warn("That did not work, and nothing was changed. What you typed is still here: try again.");
		}
	});
	document.addEventListener("htmx:error", (event) => {
		if (quiet(event)) return;
		warn("The server cannot be reached. What you typed is still here: try again.");
	});
	document.addEventListener("htmx:after:swap", (event) => {
		if (quiet(event)) return;
		if (event.detail.ctx?.response?.status < 400) clear();
		else show();
	});
};
