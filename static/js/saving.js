// The server keeps what somebody types, for after a crash and for another device.
const WAIT = 800;
const AGAIN = 3000;
const SIGNED_OUT = "Not saved: sign in in another tab";
const page = Math.random().toString(36).slice(2);
const states = new Map();
let count = 0;

const fieldOf = (element) => {
	const form = element.form?.matches("#comments form") && element.form.elements;
	return form?.place && form.namedItem("body");
};

const tell = (field, words) => {
	const status = field.closest(".box")?.querySelector(".saved");
	// The same words would be read out again.
	if (status && status.textContent !== words) status.textContent = words;
};

const told = async (answer, sent) => {
	const { status } = answer;
	if (status === 200) {
		const words = (await answer.text()).trim();
		if (!words && sent.get("body").trim()) return "Sent already, not saved";
		return words;
	}
	if (status === 422) return (await answer.text()).trim();
	if (status === 401) return SIGNED_OUT;
	if (status === 429 || status >= 500) throw new Error("busy");
	return "Not saved: keep a copy of it";
};

const send = (sent, last) => {
	const { plan } = document.getElementById("pp-doc").dataset;
	const headers = { "HX-Request": "true", "X-CSRF-Token": sent.get("csrf_token") };
	const how = { method: "POST", body: sent, headers, keepalive: last };
	return fetch(`/p/${plan}/drafts`, how);
};

// Takes the token of whoever signed in again in another tab.
const renew = async () => {
	const text = await (await fetch(location.href, { cache: "no-store" })).text();
	const token = /name="csrf-token" content="(\w+)"/.exec(text)?.[1];
	const who = document.querySelector(".bar .who small")?.textContent;
	if (!token || !who || !text.includes(`<small>${who}</small>`)) return false;
	document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRF-Token": token }));
	for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = token;
	return true;
};

// One save of a field at a time; `last` does not wait.
const save = async (id, last = false) => {
	const state = states.get(id);
	const field = document.getElementById(id);
	if (!state?.due || !field?.form || (state.busy && !last)) return;
	clearTimeout(state.timer);
	Object.assign(state, { due: false, busy: true });
	const sent = new FormData(field.form);
	sent.set("turn", `${page}.${++count}`);
	let words = "Not saved yet: trying again";
	try {
		const answer = await send(sent, last);
		if (answer.status === 403 && !state.renewed) {
			state.renewed = state.due = await renew();
		}
		if (answer.status !== 403 || !state.due) words = await told(answer, sent);
		if (answer.ok) state.renewed = false;
		state.spent = words.startsWith("Sent") && sent.get("key");
		if (words === SIGNED_OUT) state.due = true;
	} catch {
		state.due = true;
	}
	state.busy = false;
	if (states.get(id) !== state) return;
	tell(document.getElementById(id) ?? field, words);
	const wait = words.startsWith("Not saved yet") ? AGAIN : WAIT;
	if (state.due && words !== SIGNED_OUT) state.timer = setTimeout(save, wait, id);
};

const saveAll = (last) => {
	for (const id of states.keys()) save(id, last);
};

export const saveSoon = (field) => {
	const state = states.get(field.id) ?? {};
	states.set(field.id, state);
	const { key } = field.form.elements;
	// Sent in another tab: this goes on as a new one.
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

export const watchSaving = () => {
	const begin = ({ target }) => {
		const field = fieldOf(target);
		if (field) saveSoon(field);
	};
	document.addEventListener("input", begin);
	document.addEventListener("focusout", ({ target }) => save(target.id));
	document.addEventListener("visibilitychange", () => {
		saveAll(document.hidden);
	});
	window.addEventListener("online", () => saveAll(false));
	for (const leaving of ["beforeunload", "pagehide"]) {
		window.addEventListener(leaving, () => saveAll(true));
	}
};
