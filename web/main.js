// Starts the page with what the address's fragment has, `#token=…&consent_id=…`. Whoever gets the
// token in another way calls `start` here instead (README.md, "The token").
import { start } from "./app.js";

const given = new URLSearchParams(location.hash.slice(1));
// At once: out of the address bar, the history and every later screenshot.
history.replaceState(null, "", location.pathname + location.search);
start({ token: given.get("token"), consentId: given.get("consent_id") });
