// Documents about the people of the team, one's own account, new leads and imports.

const PROBLEMS = "... on InvalidInputError { problems { path message } }";
const CLASH = "... on ConflictError { currentVersion }";
const STEPS = "id done total startedAt endedAt failure created updated unchanged rejected";
const COLUMNS = "columns { column number target samples }";

export const MY_ACCOUNT = `query MyAccount { me { isTotpOn permissions
  staff { id name emailAddress avatar { url initials } }
  preferences { language timeZone }
  sessions { id device createdAt lastUsedAt isCurrent } } }`;

export const MY_KEYS = `query MyKeys { apiTokens {
  id name isPersonal owner { id } scopes lastUsedAt expiresAt } }`;

export const MY_CALENDAR = `query MyCalendar { me { calendarFeedUrl } }`;

export const MY_ZONE = `query MyZone { me { preferences { isTimeZoneChosen } } }`;

export const TEAM_PRESENCE = `subscription TeamPresence { teamPresence { online { id } } }`;

export const LEAD_DEMANDS = `query LeadDemands { fieldGroups { fields {
  key label type hint isRequired isBuiltIn unit options { id label archivedAt } } } }`;

export const IMPORT_PREVIEW = `query ImportPreview($uploadId: ID!, $columns: [ImportColumnInput!]) {
  importPreview(uploadId: $uploadId, columns: $columns) { rowCount encoding separator ${COLUMNS}
    firstRows rejectedCount rejected { row line reason } } }`;

export const IMPORT_FIELDS = `query ImportFields { fieldGroups { fields { key label isBuiltIn type } } }`;

export const IMPORT_PROGRESS = `subscription ImportProgress($id: ID!) { progress(id: $id) {
  ${STEPS} file { name downloadUrl } } }`;

export const RENEW_CALENDAR = `mutation RenewCalendar { renewCalendarFeed { __typename
  ... on RenewCalendarFeedSuccess { me { calendarFeedUrl } } ... on Error { message } } }`;

export const EXPORT_COLUMNS = `query ExportColumns { exportColumns { key label isImportable } }`;

const write = (name, type, parts = "") => `mutation ${type}($input: ${type}Input!) {
  ${name}(input: $input) { __typename ${parts} ${PROBLEMS} ... on Error { message } } }`;

export const UPDATE_PERSON = write("updateStaff", "UpdateStaff", `${CLASH}
  ... on UpdateStaffSuccess { staff { id name } }`);
export const REMOVE_THEIR_TOTP = write("removeStaffTotp", "RemoveStaffTotp");
export const CHANGE_PREFERENCES = write("changePreferences", "ChangePreferences");
export const CHANGE_PASSWORD = write("changePassword", "ChangePassword", `
  ... on ChangePasswordSuccess { endedSessionCount }`);
export const END_SESSION = write("endSession", "EndSession");
export const START_TOTP = write("startTotp", "StartTotp", `
  ... on StartTotpSuccess { otpauthUrl }`);
export const CONFIRM_TOTP = write("confirmTotp", "ConfirmTotp", `
  ... on ConfirmTotpSuccess { recoveryCodes }`);
export const REMOVE_TOTP = write("removeTotp", "RemoveTotp");
export const NEW_KEY = write("createApiToken", "CreateApiToken", `
  ... on CreateApiTokenSuccess { token }`);
export const REVOKE_KEY = write("revokeApiToken", "RevokeApiToken");
export const CREATE_LEAD = write("createLead", "CreateLead", `
  ... on CreateLeadSuccess { lead { id } }
  ... on MissingRequiredFieldsError { fields { key } }`);
export const IMPORT_LEADS = write("importLeads", "ImportLeads", `
  ... on ImportLeadsSuccess { progress { ${STEPS} } }`);
export const EXPORT_LEADS = write("exportLeads", "ExportLeads", `
  ... on ExportLeadsSuccess { downloadPath leadCount { value isExact } }`);
export const EXPORT_PERSON = write("exportPersonalData", "ExportPersonalData", `
  ... on ExportPersonalDataSuccess { downloadPath }`);
