// Words that somebody types outlive every swap until they are sent or cancelled, and a swap does
// not drop the focus to the start of the page.

const drafts = new Map();
let held = null;

const forget = (root) => {
	for (const field of root?.querySelectorAll("textarea") ?? []) drafts.delete(field.id);
};

const restore = () => {
	for (const [id, words] of drafts) {
		const field = document.getElementById(id);
		if (!field || !words) continue;
		if (field.value === field.defaultValue) field.value = words;
		const reply = field.closest("details.reply");
		if (reply) reply.open = true;
	}
};

// The fields of some forms stand outside them, so they are found by the form's own list.
const sent = (form) => {
	for (const field of form.elements) {
		drafts.delete(field.id);
		if (field.type === "textarea") field.value = field.defaultValue;
	}
};

const newestReply = () => {
	const number = (card) => Number(card.id.slice(1));
	const cards = [...document.querySelectorAll("#threads .thread")];
	const newest = cards.sort((one, other) => number(other) - number(one))[0];
	return newest && `pp-reply-${number(newest)}`;
};

const hold = (source) => {
	const active = document.activeElement;
	const card = active?.closest(".thread");
	held = {
		id: active?.id,
		card: card && `pp-reply-${card.id.slice(1)}`,
		composer: Boolean(active?.closest("#composer")),
		posted: source?.id === "pp-composer",
		bar: active?.closest("#pp-bar, #pp-news") && "pp-versions",
	};
};

const visible = (element) => element?.isConnected && element.checkVisibility();

const refocus = () => {
	const active = document.activeElement;
	if (!held || (active !== document.body && visible(active))) return;
	const places = [held.id, held.card, held.bar];
	if (held.composer) places.push(held.posted && newestReply(), "threads");
	const found = places.filter(Boolean).map((id) => document.getElementById(id));
	const place = found.find(visible);
	// The bars stay in sight: going there must not move the text.
	place?.focus({ preventScroll: Boolean(place.closest("#pp-bar")) });
};

export const watchDrafts = () => {
	document.addEventListener("input", ({ target }) => {
		if (target.matches?.("#comments textarea")) drafts.set(target.id, target.value);
	});
	document.addEventListener("click", (event) => {
		forget(event.target.closest("[data-cancel]")?.closest(".box"));
	});
	document.addEventListener("htmx:before:swap", (event) => {
		const { response, sourceElement } = event.detail.ctx;
		hold(sourceElement);
		if (sourceElement?.matches("form") && response?.status < 400) sent(sourceElement);
	});
	document.addEventListener("htmx:after:swap", () => {
		restore();
		refocus();
	});
};
