// Documents of the Visitors section.

const PRESENCE = "state since at lastSeenAt activeUntil leaseUntil isProvisional";
const VISITOR = `fragment Visitor on Lead { id displayName isAnonymous lastActivityAt
  presence { ${PRESENCE} } location { country region city timeZone }
  lastVisit { pageUrl pageTitle referrer device isReturning } viewerCan { hide } }`;

export const VISITORS = `subscription Visitors($filter: LeadFilter, $after: Cursor) {
  leadList(collection: VISITORS, first: 50, filter: $filter, after: $after) { __typename
    ... on LeadListSnapshot { cursor rows { position lead { ...Visitor } }
      totalCount { value isExact } }
    ... on LeadListChanged { cursor rows { position lead { ...Visitor } } leftIds
      totalCount { value isExact } }
    ... on ListReset { cursor } } }
${VISITOR}`;

export const MORE_VISITORS = `query MoreVisitors($filter: LeadFilter, $after: Cursor) {
  visitors(first: 50, filter: $filter, after: $after) { nodes { ...Visitor }
    pageInfo { hasNextPage endCursor } } }
${VISITOR}`;

const write = (name, type, parts = "") => `mutation ${type}($input: ${type}Input!) {
  ${name}(input: $input) { __typename ${parts} ... on Error { message } } }`;

export const HIDE_LEAD = write("hideLead", "HideLead");
