// The focus outlives a swap.
import { byId } from "./page.js";

let places = [];
let kept = null;
let posted = false;
let inside = false;

const newestReply = () => {
	const cards = [...document.querySelectorAll("#threads .thread")];
	return `pp-reply-${Math.max(...cards.map(({ id }) => id.slice(1)))}`;
};

export const holdCaret = (source, mine) => {
	const active = document.activeElement;
	const card = active.closest(".thread");
	places = [active.id];
	if (card) places.push(`pp-reply-${card.id.slice(1)}`);
	if (active.closest("#pp-bar, #pp-news")) places.push("pp-versions");
	inside = active.closest("#comments");
	posted = active.closest("#composer") && source?.id === "pp-composer";
	if (active.closest("#composer")) places.push("threads");
	const writing = card && active.matches("textarea") && mine(active);
	kept = writing && { card, field: active, caret: [active.selectionStart, active.selectionEnd] };
};

// The card may be resolved meanwhile.
export const keepCard = () => {
	if (!kept || byId(kept.card.id)) return;
	byId("threads")?.prepend(kept.card);
	window.htmx.process(kept.card);
	kept.field.focus({ preventScroll: true });
	kept.field.setSelectionRange(...kept.caret);
};

const visible = (element) => element?.isConnected && element.checkVisibility();

export const refocus = () => {
	const active = document.activeElement;
	if (active !== document.body && visible(active)) return;
	const found = [posted && newestReply(), ...places].map(byId);
	if (inside) found.push(document.querySelector("#pp-counts [aria-current]"));
	const place = found.find(visible);
	place?.focus({ preventScroll: Boolean(place.closest("#pp-bar")) });
};
