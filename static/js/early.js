// Until the page is parsed, htmx hears no back and forward.
let parsed = false;

document.addEventListener("DOMContentLoaded", () => {
	parsed = true;
});
window.addEventListener("popstate", (event) => {
	if (!parsed && event.state?.htmx) location.reload();
});
