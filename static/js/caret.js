// Keeps the focus over a swap, and the card that somebody writes in.

let held = null;

const newestReply = () => {
	const number = (card) => Number(card.id.slice(1));
	const cards = [...document.querySelectorAll("#threads .thread")];
	const newest = cards.sort((one, other) => number(other) - number(one))[0];
	return newest && `pp-reply-${number(newest)}`;
};

export const holdCaret = (source, mine) => {
	const active = document.activeElement;
	const card = active?.closest(".thread");
	const writing = active?.matches("textarea") && mine(active);
	held = {
		id: active?.id,
		card: card && `pp-reply-${card.id.slice(1)}`,
		composer: Boolean(active?.closest("#composer")),
		posted: source?.id === "pp-composer",
		bar: active?.closest("#pp-bar, #pp-news") && "pp-versions",
		kept: writing && card,
		caret: writing && [active, active.selectionStart, active.selectionEnd],
	};
};

// It may have been resolved meanwhile.
export const keepCard = () => {
	if (!held?.kept || document.getElementById(held.kept.id)) return;
	document.getElementById("threads")?.prepend(held.kept);
	window.htmx.process(held.kept);
	const [field, start, end] = held.caret;
	field.focus({ preventScroll: true });
	field.setSelectionRange(start, end);
};

const visible = (element) => element?.isConnected && element.checkVisibility();

export const refocus = () => {
	const active = document.activeElement;
	if (!held || (active !== document.body && visible(active))) return;
	const places = [held.id, held.card, held.bar];
	if (held.composer) places.push(held.posted && newestReply(), "threads");
	const found = places.filter(Boolean).map((id) => document.getElementById(id));
	const place = found.find(visible);
	place?.focus({ preventScroll: Boolean(place.closest("#pp-bar")) });
};
