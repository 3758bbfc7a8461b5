// A swap does not drop the focus to the start of the page, nor the card that somebody writes in.

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

// A list without the card that somebody writes in (it was resolved meanwhile) leaves that card.
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
	// The bars stay in sight: going there must not move the text.
	place?.focus({ preventScroll: Boolean(place.closest("#pp-bar")) });
};
