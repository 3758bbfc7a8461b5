// The server sends dates.
const words = (minutes) => {
	if (minutes < 1) return "just now";
	if (minutes < 60) return `${Math.floor(minutes)} min ago`;
	const hours = Math.floor(minutes / 60);
	if (hours < 24) return `${hours} h ago`;
	return hours < 168 && `${Math.floor(hours / 24)} d ago`;
};

const show = () => {
	for (const time of document.querySelectorAll("time.ago")) {
		const said = words((Date.now() - Date.parse(time.dateTime)) / 60000);
		if (said && said !== time.textContent) time.textContent = said;
	}
};

show();
setInterval(show, 30000);
document.addEventListener("htmx:after:swap", show);
