// Documents of the settings.

const STATE = "id name kind color archivedAt";
const PROBLEMS = "... on InvalidInputError { problems { path message } }";

export const MY_PERMISSIONS = `query MyPermissions { me { permissions } }`;

export const HEADER_SETTINGS = `query HeaderSettings { project { version wonNeedsRequiredFields card {
  version header { isWonButtonShown wonButtonText wonText isReopenAllowed } } } }`;

export const ALL_PIPELINES = `query AllPipelines { pipelines(includeArchived: true) {
  id name version needsLossReason isDefault archivedAt wonState { name }
  states(includeArchived: true) { ${STATE} } transitionRules { from { id } to { id } reason } } }`;

export const ALL_FIELDS = `query AllFields { fieldGroups { id name version
  fields(includeArchived: true) { id key label type hint isBuiltIn isRequired visibility
    isPersonalData minimum maximum unit archivedAt version options { id label archivedAt } } } }`;

export const SUMMARY_SETTINGS = `query SummarySettings { project { card { version summaryKeys
  fieldGroups { fields { key label } } } } }`;

export const ACCESS_SETTINGS = `query AccessSettings { project { version managerScope agentScope
  canAgentsSelfAssign canAgentsAssign canManagersExport } }`;

export const WORK_SETTINGS = `query WorkSettings { project { version name timeZone defaultRegion defaultNoteVisibility
  taskLegend { band color label } } }`;

export const ALL_TEAMS = `query AllTeams { teams { id name version members { id name }
  managers { id name } } staffMembers(first: 100) { nodes { id name role isActive } } }`;

export const ALL_EVENT_KINDS = `query AllEventKinds { eventKinds(includeArchived: true) {
  id name icon isQuick archivedAt version } }`;

export const ALL_DATE_KINDS = `query AllDateKinds { importantDateKinds { id name archivedAt } }`;

export const ALL_PEOPLE = `query AllPeople { teams { id name } staffMembers(first: 100) { nodes {
  id name emailAddress role isActive isInvited lastSeenAt version team { id name } } } }`;

const write = (name, type, parts = "") => `mutation ${type}($input: ${type}Input!) {
  ${name}(input: $input) { __typename ${parts} ${PROBLEMS} ... on Error { message } } }`;

const CLASH = "... on ConflictError { currentVersion }";

export const CHANGE_HEADER = write("changeHeaderSettings", "ChangeHeaderSettings", `${CLASH}`);
export const UPDATE_PROJECT = write("updateProject", "UpdateProject", `${CLASH}`);
export const SAVE_PIPELINE = write("savePipeline", "SavePipeline", `${CLASH}`);
export const NEW_FIELD = write("createField", "CreateField");
export const SAVE_FIELD = write("updateField", "UpdateField", `${CLASH}
  ... on UpdateFieldSuccess { misfitCount }`);
export const PLACE_FIELD = write("moveField", "MoveField");
export const KEEP_GROUP = write("saveFieldGroup", "SaveFieldGroup", `${CLASH}`);
export const DROP_GROUP = write("removeFieldGroup", "RemoveFieldGroup");
export const CHANGE_SUMMARY = write("changeSummaryFields", "ChangeSummaryFields", `${CLASH}`);
export const SAVE_TEAM = write("saveTeam", "SaveTeam", `${CLASH}`);
export const SAVE_EVENT_KIND = write("saveEventKind", "SaveEventKind", `${CLASH}`);
export const SAVE_DATE_KIND = write("saveImportantDateKind", "SaveImportantDateKind");
export const INVITE = write("inviteStaff", "InviteStaff", `
  ... on InviteStaffSuccess { invitationUrl staff { name } }`);
export const CHANGE_PERSON = write("updateStaff", "UpdateStaff", `${CLASH}`);
