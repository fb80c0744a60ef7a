// Sends one call with a vendor's own client, as a program of its user would: `node send.mjs <client>`.
// Standard input is JSON: {"url", "key", "call", "fields", "bag"}; {"$date": "..."} in it stands for a Date.
// It runs in the folder where the clients are installed.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const require = createRequire(process.cwd() + "/");
const dated = (_, value) => (value && typeof value === "object" && "$date" in value ? new Date(value.$date) : value);
const { url, key, call, fields, bag } = JSON.parse(await text(process.stdin), dated);
const inside = ["identify", "group"].includes(call) ? "traits" : "properties";
const whole = call === "alias" ? fields : { ...fields, [inside]: bag };

const clients = {
  async segment() {
    const { Analytics } = require("@segment/analytics-node");
    const analytics = new Analytics({ writeKey: key, host: url, flushAt: 1 });
    analytics[call](whole);
    await analytics.closeAndFlush();
  },
  async customerio() {
    const { Analytics } = require("@customerio/cdp-analytics-node");
    const analytics = new Analytics({ writeKey: key, host: url, flushAt: 1 });
    analytics[call](whole);
    await analytics.closeAndFlush();
  },
  async rudderstack() {
    const RudderAnalytics = require("@rudderstack/rudder-sdk-node");
    const analytics = new (RudderAnalytics.default ?? RudderAnalytics)(key, { dataPlaneUrl: url, flushAt: 1, gzip: false });
    await new Promise((done) => analytics[call](whole, done));
    await analytics.flush();
  },
  async jitsu() {
    const { jitsuAnalytics } = require("@jitsu/js");
    const analytics = jitsuAnalytics({ host: url, writeKey: key, s2s: true, debug: false });
    const { userId, groupId, event, name, category } = fields;
    if (call === "identify") return analytics.identify(userId, bag);
    if (call === "group") return analytics.group(groupId, bag, { userId });
    if (call === "track") return analytics.track(event, bag, { userId });
    return analytics.page({ name, category, ...bag }, { userId });
  },
};

await clients[process.argv[2]]();
