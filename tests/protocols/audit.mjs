// The GraphQL over HTTP audit. node audit.mjs URL; fails for anything but notices.
import { auditServer } from "graphql-http";

const [url] = process.argv.slice(2);
const counts = {};
for (const audit of await auditServer({ url })) {
  counts[audit.status] = (counts[audit.status] ?? 0) + 1;
  if (audit.status !== "ok") console.log(`${audit.status}: ${audit.id} ${audit.name}: ${audit.reason}`);
}
console.log(JSON.stringify(counts));
process.exitCode = counts.error || counts.warn || !counts.ok ? 1 : 0;
