// Documents of the lists of leads and of saved views.

const STATE = "id name kind color";
const PRESENCE = `state since at lastSeenAt lastActiveAt activeUntil leaseUntil isProvisional`;
const PROBLEMS = "... on InvalidInputError { problems { path message } }";

const ROW = `fragment Row on Lead { id displayName lastActivityAt
  state { ${STATE} } assignee { id name } presence { ${PRESENCE} }
  properties(keys: $keys) @include(if: $withFields) { key label value { display } }
  ... @include(if: $withMore) { title createdAt stateSince priority value { amount currency }
    source { channel } tags { name } primaryEmailAddress { address } phoneNumbers { number } } }`;

export const LEAD_LIST = `subscription LeadList($collection: LeadCollection!, $filter: LeadFilter,
  $search: String, $sort: LeadSort, $after: Cursor, $keys: [String!]!, $withFields: Boolean!,
  $withMore: Boolean!) {
  leadList(collection: $collection, first: 50, filter: $filter, search: $search, sort: $sort,
    after: $after) { __typename
    ... on LeadListSnapshot { cursor rows { ...ListRow } totalCount { value isExact } }
    ... on LeadListChanged { cursor rows { ...ListRow } leftIds totalCount { value isExact } }
    ... on ListReset { cursor } } }
fragment ListRow on LeadListRow { position lead { ...Row } }
${ROW}`;

export const MORE_LEADS = `query MoreLeads($filter: LeadFilter, $search: String, $sort: LeadSort,
  $after: Cursor, $keys: [String!]!, $withFields: Boolean!, $withMore: Boolean!) {
  leads(first: 100, after: $after, filter: $filter, search: $search, sort: $sort) {
    nodes { ...Row } pageInfo { hasNextPage endCursor } } }
${ROW}`;

export const SAVED_VIEWS = `subscription SavedViews { savedViews { cursor savedViews {
  id name isShared canEdit search columns version sortBy sortDirection sortFieldKey
  owner { name } rule { words filter clauses { words isBroken } }
  leadCount { value isExact } } } }`;

const write = (name, type, parts = "") => `mutation ${type}($input: ${type}Input!) {
  ${name}(input: $input) { __typename ${parts} ${PROBLEMS} ... on Error { message } } }`;

export const SAVE_VIEW = write("saveView", "SaveView", `... on SaveViewSuccess { savedView { id } }
  ... on ConflictError { currentVersion }`);
export const REMOVE_VIEW = write("removeView", "RemoveView");
