// Documents of the filter builder.

export const FILTER_CHOICES = `query FilterChoices {
  pipelines { id name states { id name } } teams { id name } eventKinds { id name archivedAt }
  segments(first: 100) { nodes { id name } }
  staff: staffMembers(first: 100) { nodes { id name } }
  fieldGroups { fields { key label type isBuiltIn archivedAt options { id label archivedAt } } } }`;

export const EXPLAIN_FILTER = `query ExplainFilter($filter: LeadFilter!) {
  leads(first: 1, filter: $filter) { rule { clauses { path words isBroken } } } }`;
