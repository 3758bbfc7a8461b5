import { byId } from "./page.js";

const WAIT = 800;
const AGAIN = 3000;
const page = Math.random().toString(36).slice(2);
const states = new Map();
let count = 0;

const tell = (field, words) => {
	const status = field.closest(".box")?.querySelector(".saved");
	if (status && status.textContent !== words) status.textContent = words;
};

const told = async (answer) => {
	const { status } = answer;
	if (status === 200 || status === 422) return (await answer.text()).trim();
	if (status === 429 || status >= 500) throw new Error("busy");
	return `Not saved: ${status === 401 ? "sign in in another tab" : "keep a copy of it"}`;
};

// One save at a time; the `last` does not wait.
const save = async (id, last = false) => {
	const state = states.get(id);
	const field = byId(id);
	if (!state?.due || !field?.form || (state.busy && !last)) return;
	clearTimeout(state.timer);
	Object.assign(state, { due: false, busy: true });
	const drafts = `/p/${byId("pp-doc").dataset.plan}/drafts`;
	const headers = { "HX-Request": "true" };
	const body = new FormData(field.form);
	body.set("turn", `${page}.${++count}`);
	let words = "Not saved yet: trying again";
	let wait = WAIT;
	try {
		const answer = await fetch(drafts, { method: "POST", body, headers, keepalive: last });
		words = await told(answer);
		state.spent = words.startsWith("Sent") && body.get("key");
		if (answer.status === 401) [state.due, wait] = [true, 0];
	} catch {
		[state.due, wait] = [true, AGAIN];
	}
	state.busy = false;
	if (states.get(id) !== state) return;
	tell(byId(id) ?? field, words);
	if (state.due && wait) state.timer = setTimeout(save, wait, id);
};

const saveAll = (last) => {
	for (const id of states.keys()) save(id, last);
};

export const saveSoon = (field) => {
	const state = states.get(field.id) ?? {};
	states.set(field.id, state);
	const { key } = field.form.elements;
	// Sent in another tab: what follows is new.
	if (state.spent === key.value) key.value = page + ++count;
	clearTimeout(state.timer);
	state.due = true;
	state.timer = setTimeout(save, WAIT, field.id);
};

export const dropSaving = (field) => {
	clearTimeout(states.get(field.id)?.timer);
	states.delete(field.id);
	tell(field, "");
};

document.addEventListener("input", ({ target: { form } }) => {
	if (form?.matches("#comments form") && form.elements.place) saveSoon(form.elements.body);
});
document.addEventListener("focusout", ({ target }) => save(target.id));
document.addEventListener("visibilitychange", () => {
	saveAll(document.hidden);
});
window.addEventListener("online", () => saveAll(false));
for (const leaving of ["beforeunload", "pagehide"]) {
	window.addEventListener(leaving, () => saveAll(true));
}
