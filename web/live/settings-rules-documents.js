// Documents of the rules and the webhooks in the settings.

const PROBLEMS = "... on InvalidInputError { problems { path message } }";
const CLASH = "... on ConflictError { currentVersion }";
const VALUE = `__typename display ... on TextValue { text } ... on NumberValue { number }
  ... on BooleanValue { boolean } ... on DateValue { date } ... on UrlValue { url }
  ... on MoneyValue { money { amount currency } } ... on ChoiceValue { option { id } }
  ... on ChoicesValue { options { id } }`;
const CAUSE = "cause { id summary at actor { name } } lead { id displayName }";
const PAGE = "pageInfo { hasNextPage endCursor }";

export const ALL_RULES = `query AllRules { automations { id name version isEnabled problems
  trigger { kind words path eventName channels fromState { id } toState { id } eventKind { id }
    segment { id } }
  condition { words filter }
  actions { kind words text tags fieldKey webhookId lossReason state { id } people { id name }
    dueAfter { amount unit } value { ${VALUE} } }
  updatedBy { name } updatedAt } }`;

export const RULE_PARTS = `query RuleParts { pipelines { name states { id name kind } }
  staffMembers(first: 100) { nodes { id name isActive } } eventKinds { id name archivedAt }
  fieldGroups { fields { key path label type archivedAt options { id label archivedAt } } }
  webhooks { id url isEnabled } }`;

export const RULE_RUNS = `query RuleRuns($id: ID!, $after: Cursor) { automation(id: $id) {
  runs(first: 8, after: $after) { nodes { id at outcome problem attempts nextTryAt ${CAUSE}
    changes { entry { id summary } } } ${PAGE} } } }`;

export const RULE_TRY = `query RuleTry($id: ID!, $since: DateTime!, $after: Cursor) {
  automationDryRun(automationId: $id, since: $since, first: 20, after: $after) {
    nodes { id at outcome ${CAUSE} } ${PAGE} } }`;

export const ALL_WEBHOOKS = `query AllWebhooks { webhooks { id url types isEnabled disabledReason
  version } }`;

export const DELIVERIES = `query Deliveries($id: ID!, $after: Cursor, $failedOnly: Boolean!) {
  webhook(id: $id) { deliveries(first: 10, after: $after, failedOnly: $failedOnly) { nodes {
    id isTest createdAt at attempts responseCode problem deliveredAt nextTryAt
    cause { summary actor { name } } } ${PAGE} } } }`;

const write = (name, type, parts = "") => `mutation ${type}($input: ${type}Input!) {
  ${name}(input: $input) { __typename ${parts} ${PROBLEMS} ... on Error { message } } }`;

export const SAVE_RULE = write("saveAutomation", "SaveAutomation", `${CLASH}`);
export const DROP_RULE = write("removeAutomation", "RemoveAutomation");
export const RETRY_RUN = write("retryAutomationRun", "RetryAutomationRun");
export const SAVE_WEBHOOK = write("saveWebhook", "SaveWebhook", `${CLASH}
  ... on SaveWebhookSuccess { signingSecret webhook { url } }`);
export const DROP_WEBHOOK = write("removeWebhook", "RemoveWebhook");
export const TEST_WEBHOOK = write("testWebhook", "TestWebhook", `... on LimitError { retryAfter }`);
export const RESEND = write("resendWebhookDelivery", "ResendWebhookDelivery");
