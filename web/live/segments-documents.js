// Documents of segments.

const CLAUSES = "because { path words }";

export const LEAD_SEGMENTS = `query LeadSegments($id: ID!) { lead(id: $id) { id
  segments { since segment { id name description } ${CLAUSES} } } }`;

export const WHY_SEGMENT = `query WhySegment($id: ID!, $segment: ID!) { lead(id: $id) { id
  segmentExplanation(segmentId: $segment) { isMember flipsAt
    verdicts { isMatching clause { path words isBroken } } } } }`;

export const ALL_SEGMENTS = `query AllSegments($after: Cursor) {
  segments(first: 100, after: $after, includeArchived: true) { nodes { id name description version
    archivedAt usedBy leadCount { value isExact } evaluation { done total }
    rule { words filter } } pageInfo { hasNextPage endCursor } } }`;

export const SEGMENT_LEADS = `query SegmentLeads($id: ID!, $after: Cursor) { segment(id: $id) { id
  leads(first: 12, after: $after) { nodes { id displayName state { name } }
    pageInfo { hasNextPage endCursor } } } }`;

export const SEGMENT_PREVIEW = `query SegmentPreview($filter: LeadFilter!) {
  segmentPreview(filter: $filter) { words count { value isExact }
    sample { id displayName state { name } } } }`;

export const SAVE_SEGMENT = `mutation SaveSegment($input: SaveSegmentInput!) {
  saveSegment(input: $input) { __typename ... on InvalidInputError { problems { path message } }
    ... on ConflictError { currentVersion } ... on SaveSegmentSuccess { segment { id } }
    ... on Error { message } } }`;
