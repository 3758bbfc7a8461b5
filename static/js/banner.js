import { byId } from "./page.js";

const banner = byId("banner");

const show = () => banner.togglePopover(banner.childElementCount > 0);

export const warn = (words) => {
	const made = byId("pp-warning").content.cloneNode(true);
	made.querySelector("p").textContent = words;
	banner.replaceChildren(made);
	show();
};

export const clear = () => {
	banner.replaceChildren();
	show();
};

const asks = ["pp-news", "pp-refresh", "pp-viewers", "pp-mentions", "pp-ring", "live"];
const listen = (name, act) => {
	document.addEventListener(name, ({ detail: { ctx } }) => {
		if (!asks.includes(ctx?.sourceElement?.id)) act(ctx?.response);
	});
};

listen("htmx:response:error", (response) => {
	if (response.status >= 500) warn(response.headers.get("PP-Why") ?? "That did not work, and nothing was changed. What you typed is still here: try again.");
});
listen("htmx:error", () => warn("The server cannot be reached. What you typed is still here: try again."));
listen("htmx:after:swap", (response) => (response?.status < 400 ? clear() : show()));
document.addEventListener("click", (event) => {
	if (event.target.closest("[data-dismiss]")) clear();
});
