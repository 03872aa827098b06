// Starts the page with the token of the address's fragment, `#token=…`. A page of your own that
// gets its token in another way calls `start` itself (README.md, "The token").
import { start } from "./app.js";

const token = new URLSearchParams(location.hash.slice(1)).get("token");
// At once: out of the address bar, the history and every later screenshot.
history.replaceState(null, "", location.pathname + location.search);
start({ token });
