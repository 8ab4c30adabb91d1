// Documents of the settings.

const STATE = "id name kind color archivedAt";
const PROBLEMS = "... on InvalidInputError { problems { path message } }";

export const MY_PERMISSIONS = `query MyPermissions { me { permissions } }`;

export const HEADER_SETTINGS = `query HeaderSettings { project { wonNeedsRequiredFields card {
  version header { isWonButtonShown wonButtonText wonText isReopenAllowed } } } }`;

const write = (name, type, parts = "") => `mutation ${type}($input: ${type}Input!) {
  ${name}(input: $input) { __typename ${parts} ${PROBLEMS} ... on Error { message } } }`;

const CLASH = "... on ConflictError { currentVersion }";

export const CHANGE_HEADER = write("changeHeaderSettings", "ChangeHeaderSettings", `${CLASH}`);
export const UPDATE_PROJECT = write("updateProject", "UpdateProject");
