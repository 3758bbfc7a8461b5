// A terminal that signs in by openid-client: node device.mjs BASE. Says on a line what it was told,
// waits for a line that the code was allowed, then fetches, renews, uses and gives back its tokens.
import { once } from "node:events";
import * as oauth from "openid-client";

const base = new URL(process.argv[2]);
const options = { algorithm: "oauth2", execute: [oauth.allowInsecureRequests] };
const server = await oauth.discovery(base, "planpush-cli", undefined, oauth.None(), options);
const scope = "plans:read comments:write";
const asked = await oauth.initiateDeviceAuthorization(server, { scope, device_name: "node" });
console.log(JSON.stringify(asked));
await once(process.stdin, "data");
process.stdin.destroy();
const first = await oauth.pollDeviceAuthorizationGrant(server, { ...asked, interval: 1 });
const second = await oauth.refreshTokenGrant(server, first.refresh_token);
const plans = new URL("/api/plans", base);
const used = await oauth.fetchProtectedResource(server, second.access_token, plans, "GET");
await oauth.tokenRevocation(server, second.refresh_token);
const ended = await fetch(plans, { headers: { Authorization: `Bearer ${second.access_token}` } });
console.log(JSON.stringify({ first, second, used: used.status, ended: ended.status }));
