// Every document that the live page sends.

const STATE = "id name kind color";
const PAGE = "pageInfo { hasNextPage endCursor }";
const PRESENCE = `state since at lastSeenAt lastActiveAt activeUntil leaseUntil isProvisional`;
const SESSIONS = `sessions { id pageUrl pageTitle isVisible device }`;
const CAN = "hide erase exportPersonalData merge edit changeState reopen assign assignToMe sendMessage channels resetPassword";
const ACCOUNT = "emailAddress createdAt mustChangePassword";
const VALUE = "value { amount currency }";
const BAR = `stateBar { state { ${STATE} archivedAt } isCurrent isPassed spentSeconds } lossReason
  wonButton { text wonText isWon canReopen }`;

const WHOSE = "id name isActive lastSeenAt";

const LAYOUT = `fieldGroups { isCollapsed group { id name } properties { key } }
  missingRequiredFields { key label }`;

const NOTES = `
fragment NoteParts on Note {
  id html text author { name } createdAt editedAt visibility isPinned version canEdit }`;

const MESSAGES = `
fragment MessageParts on Message { id direction subject text author { kind name } at channel
  takenFrom isLogged isBackdated
  link { text url } seenAt delivery { state since expiresAt } }`;

const CALLS = `
fragment CallParts on Call { id direction phoneNumber occurredAt durationSeconds callOutcome note
  isBackdated }`;

const PLAN = `
fragment PlanParts on Appointment { id kind title startsAt endsAt isAllDay timeZone cancelledAt
  outcome outcomeNote }`;

const EVENTS = `
fragment EventParts on Event { id name occurredAt actor { kind name } count lastAt pageUrl version
  annotation { body author { name } at } }`;

const ENTRIES = `
fragment EntryParts on HistoryEntry { id at type summary actor { kind name } via
  diffs { label before { display } after { display } } }`;

const ITEMS = `${NOTES}${MESSAGES}${CALLS}${PLAN}${EVENTS}${ENTRIES}
fragment TimelineParts on TimelineItem { id at kind actor { kind name } subject { __typename
  ... on Note { ...NoteParts } ... on Message { ...MessageParts } ... on Event { ...EventParts }
  ... on Call { ...CallParts } ... on Appointment { ...PlanParts }
  ... on Task { id title completedAt } ... on HistoryEntry { ...EntryParts } } }`;

const PROPERTY = `
fragment PropertyParts on Property {
  key label value { __typename display copyText
    ... on ChoiceValue { option { id } } ... on ChoicesValue { options { id } } }
  isMisfit source canEdit version
  field { type hint unit isRequired isBuiltIn options { id label archivedAt } } }`;

const FILES = `
fragment FileParts on Note { attachments {
  id name sizeBytes downloadUrl thumbnailUrl } }`;

const PLANS = `
fragment AppointmentParts on Appointment { ...PlanParts assignee { id name } place body
  reminderMinutes version overlaps { id } }`;

const TASKS = `
fragment TaskParts on Task { id title body dueAt dueOn dueBand snoozedUntil completedAt
  outcomeText version assignee { id name } }`;

const FRAGMENTS = `
fragment PresenceParts on Presence { ${PRESENCE} ${SESSIONS} }
fragment ViewerParts on CardViewer { staff { id name } since editingPath typingInConversationId }
fragment AddressParts on LeadEmailAddress {
  id address isPrimary subscription { subscriptionStatus } }
fragment NumberParts on LeadPhoneNumber { id number label isPrimary }
${PROPERTY}
fragment ConversationParts on Conversation { id channel state lastMessage { id text at direction } }
fragment DateParts on ImportantDate { id date note isOnDashboard version kind { id name } }
${FILES}${PLANS}${TASKS}${ITEMS}`;

const PERSON = "staff { id name role avatar { url initials } }";

export const ME = `query Me { me { ${PERSON} } }`;

export const SIGN_IN = `mutation SignIn($input: SignInInput!) { signIn(input: $input) { __typename
  ... on SignInSuccess { me { ${PERSON} } }
  ... on PreconditionError { reason message } ... on LimitError { retryAfter }
  ... on Error { message } } }`;

export const PROVIDERS = `query Providers { signInProviders { name url } }`;

export const ACCEPT_INVITATION = `mutation AcceptInvitation($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) { __typename
    ... on AcceptInvitationSuccess { me { ${PERSON} } } ... on Error { message } } }`;

export const SET_MY_AVATAR = `mutation SetMyAvatar($input: SetMyAvatarInput!) {
  setMyAvatar(input: $input) { __typename
    ... on SetMyAvatarSuccess { me { ${PERSON} } } ... on Error { message } } }`;

export const SIGN_OUT = `mutation SignOut { signOut { ... on SignOutSuccess { isSignedOut } } }`;

export const CARD_CHOICES = `query CardChoices {
  staff: staffMembers(first: 100, activeOnly: true) { nodes { id name } }
  assignees: staffMembers(first: 100, assignableOnly: true) { nodes { id name } }
  eventKinds(quickOnly: true) { id name icon } importantDateKinds { id name archivedAt }
  project { defaultNoteVisibility } }`;

const NOTICE = `id kind text at readAt actor { kind name } lead { id }
  about { ... on Task { id lead { id } } ... on Appointment { id lead { id } } }`;

export const NOTIFICATIONS = `query Notifications($first: Int!) {
  notifications(first: $first) { nodes { ${NOTICE} } } }`;

export const NOTIFICATION_STREAM = `subscription NotificationStream($after: Cursor) {
  notifications(after: $after) { cursor unreadCount notification { ${NOTICE} } } }`;

export const PIPELINES = `query Pipelines { pipelines { id name needsLossReason
  states { ${STATE} } } }`;

export const HEADER = `query Header { project { card { version
  header { isWonButtonShown wonButtonText wonText isReopenAllowed } } } }`;

export const DAY = `subscription Day($date: Date) { dashboard(date: $date) { date
  appointments { id title startsAt isAllDay leadName lead { id } }
  tasks { id title dueAt dueOn dueBand leadName lead { id } }
  importantDates { importantDate { id kind { name } } lead { id displayName } }
  taskLegend { band color label } } }`;

export const PRESENCE_NOW = `query PresenceNow($id: ID!) { lead(id: $id) {
  id presence { ${PRESENCE} ${SESSIONS} } } }`;

export const TIMELINE = `query Timeline($id: ID!, $kinds: [TimelineKind!], $after: Cursor) {
  lead(id: $id) { id page: timeline(first: 30, kinds: $kinds, after: $after) {
    nodes { ...TimelineParts } ${PAGE} } } }
${ITEMS}`;

export const EARLIER_NOTES = `query EarlierNotes($id: ID!, $after: Cursor) { lead(id: $id) { id
  page: notes(first: 30, after: $after) { nodes { ...NoteParts ...FileParts } ${PAGE} } } }
${NOTES}${FILES}`;

export const EARLIER_MESSAGES = `query EarlierMessages($id: ID!, $after: Cursor) {
  lead(id: $id) { id page: messages(first: 50, after: $after) {
    nodes { ...MessageParts } ${PAGE} } } }
${MESSAGES}`;

export const EARLIER_EVENTS = `query EarlierEvents($id: ID!, $after: Cursor) { lead(id: $id) { id
  page: events(first: 50, after: $after) { nodes { ...EventParts } ${PAGE} } } }
${EVENTS}`;

export const FURTHER_TASKS = `query FurtherTasks($id: ID!, $after: Cursor) { lead(id: $id) { id
  page: tasks(first: 50, after: $after) { nodes { ...TaskParts } ${PAGE} } } }
${TASKS}`;

export const FURTHER_PLANS = `query FurtherPlans($id: ID!, $after: Cursor,
  $when: AppointmentPeriod!) { lead(id: $id) { id
  page: appointments(first: 30, after: $after, when: $when) {
    nodes { ...AppointmentParts } ${PAGE} } } }
${PLAN}${PLANS}`;

export const HISTORY = `query History($id: ID!, $types: [HistoryType!], $actors: [ActorKind!],
  $after: Cursor) { lead(id: $id) { id
  page: history(first: 40, types: $types, actors: $actors, after: $after) {
    nodes { ...EntryParts } ${PAGE} } } }
${ENTRIES}`;

export const THEN = `query Then($id: ID!, $at: DateTime!) {
  lead(id: $id, asOf: { at: $at }) { id displayName title isAnonymous createdAt priority ${VALUE}
    state { ${STATE} } stateBar { state { ${STATE} } isCurrent isPassed spentSeconds } lossReason
    assignee { id name } source { channel detail }
    emailAddresses { id address isPrimary subscription { subscriptionStatus } }
    phoneNumbers { id number label isPrimary } tags { id name }
    properties { key label value { display } } fieldGroups { group { id name } properties { key } }
    importantDates { ...DateParts }
    tasks(first: 50) { nodes { ...TaskParts } }
    upcoming: appointments(first: 20) { nodes { ...PlanParts } }
    past: appointments(first: 10, when: PAST) { nodes { ...PlanParts } }
    notes(first: 30) { nodes { ...NoteParts ...FileParts } }
    messages(first: 40) { nodes { ...MessageParts } }
    events(first: 30) { nodes { ...EventParts } } }
  leadDiff(id: $id, from: { at: $at }) {
    diffs { path label before { display } after { display } }
    changes(first: 50) { totalCount nodes { id at summary actor { kind name } } } } }
fragment DateParts on ImportantDate { id date note isOnDashboard version kind { id name } }
${NOTES}${FILES}${MESSAGES}${PLAN}${EVENTS}${TASKS}`;

export const CHECK_HISTORY = `query CheckHistory($id: ID!) { verifyHistory(leadId: $id) {
  isIntact checkedCount erasedCount problem firstBadAt headDigest } }`;

export const CARD_FIELDS = `query CardFields($id: ID!) { lead(id: $id) { id
  properties { ...PropertyParts } ${LAYOUT} } }
${PROPERTY}`;

export const DUPLICATES = `query Duplicates($id: ID!) {
  duplicates(leadId: $id) { reasons lead { ...SideParts } other { ...SideParts } }
  merges(leadId: $id) { id mergedLeadId mergedName at actor { name } } }
fragment SideParts on Lead { id displayName createdAt state { name } assignee { name }
  emailAddresses { address } phoneNumbers { number } tags { name }
  properties { key label value { display } } }`;

export const LEAD_SUMMARY = `query LeadSummary($id: ID!) { lead(id: $id) { id summary {
  key label value { display ... on DateTimeValue { dateTime } } } } }`;

export const FIELD_GROUPS = `query FieldGroups { fieldGroups { id name fields { id key label } } }`;

export const FILE_LINK = `query FileLink($id: ID!, $key: String!) { lead(id: $id) { id
  property(key: $key) { value { ... on FileValue { file { name downloadUrl } } } } } }`;

export const NOTE_FILES = `query NoteFiles($id: ID!) { lead(id: $id) {
  id notes(first: 50) { nodes { id attachments { id downloadUrl } } } } }`;

export const LIVE_CARD = `subscription LiveCard($id: ID!, $after: Cursor) {
  leadCard(id: $id, after: $after) { __typename
    ... on LeadCardSnapshot { cursor at whole: lead {
      avatar { url initials } id url displayName title isAnonymous version createdAt lastActivityAt priority ${VALUE}
      source { channel detail } state { ${STATE} } ${BAR} assignee { ${WHOSE} }
      presence { ...PresenceParts } viewers { ...ViewerParts } viewerCount
      emailAddresses { ...AddressParts } phoneNumbers { ...NumberParts }
      properties { ...PropertyParts } ${LAYOUT} pinnedProperties { key } location { country region city timeZone } hiddenAt
      tags { id name }
      tasks(first: 15) { ${PAGE} nodes { ...TaskParts } }
      importantDates { ...DateParts }
      notes(first: 20) { ${PAGE} nodes { ...NoteParts ...FileParts } }
      conversations(first: 10) { nodes { ...ConversationParts } }
      messages(first: 25) { ${PAGE} nodes { ...MessageParts } }
      events(first: 15) { ${PAGE} nodes { ...EventParts } }
      upcoming: appointments(first: 10) { ${PAGE} nodes { ...AppointmentParts } }
      past: appointments(first: 5, when: PAST) { ${PAGE} nodes { ...AppointmentParts } }
      eventGroups { name count firstAt lastAt }
      timeline(first: 20) { nodes { ...TimelineParts } ${PAGE} }
      history(first: 20) { ${PAGE} nodes { ...EntryParts } }
      viewerCan { ${CAN} } account { ${ACCOUNT} } } }
    ... on LeadCardReset { cursor resetReason }
    ... on LeadMerged { leadId into { id } }
    ... on LeadErased { leadId at }
    ... on AccessEnded { at endReason }
    ... on PresenceChanged { cursor leadId presence { ...PresenceParts } }
    ... on ViewersChanged { cursor leadId viewers { ...ViewerParts } viewerCount }
    ... on TypingChanged { isLeadTyping }
    ... on SettingsChanged { cursor lead { state { ${STATE} } ${BAR} } }
    ... on LeadChange { cursor at actor { kind name } entry { ...EntryParts }
      timelineItem { ...TimelineParts } }
    ... on PropertiesChanged { lead { avatar { url initials }
        version displayName title priority ${VALUE} isAnonymous
        location { country region city timeZone } }
      properties { ...PropertyParts } missingRequiredFields { key label } }
    ... on ContactPointsChanged { lead { version displayName title priority isAnonymous }
      emailAddresses { ...AddressParts } phoneNumbers { ...NumberParts } }
    ... on LeadStateChanged { toState { ${STATE} } lead { ${BAR} version } }
    ... on LeadAssigneeChanged { toAssignee { ${WHOSE} } lead { viewerCan { ${CAN} } } }
    ... on LeadAccountChanged { account { ${ACCOUNT} } lead { viewerCan { ${CAN} } } }
    ... on TagsChanged { added { id name } removed }
    ... on EventRecorded { event { ...EventParts } group { name count firstAt lastAt } }
    ... on EventAnnotated { event { ...EventParts } }
    ... on TaskChanged { action taskId task { ...TaskParts } }
    ... on ImportantDateChanged { action importantDateId importantDate { ...DateParts } }
    ... on DueBandsChanged { cursor tasks { ...TaskParts } }
    ... on NoteChanged { action noteId note { ...NoteParts ...FileParts } }
    ... on MessageAdded { message { ...MessageParts } conversation { ...ConversationParts } }
    ... on MessageDeliveryChanged { message { ...MessageParts } }
    ... on AppointmentChanged { appointment { ...AppointmentParts } }
    ... on CallChanged { call { ...CallParts } }
    ... on ConversationChanged { conversation { ...ConversationParts } }
    ... on LeadVisibilityChanged { hiddenAt }
    ... on LeadIdentified { visitCount isVerified } } }
${FRAGMENTS}`;

const write = (name, type, parts = "") => `mutation ${type}($input: ${type}Input!) {
  ${name}(input: $input) { __typename ${parts} ... on Error { message } } }`;

export const SET_PROPERTIES = write("setProperties", "SetProperties", `
  ... on ConflictError { conflicts { path current { display } changedByName } }`);
export const CREATE_UPLOAD = write("createUpload", "CreateUpload", `
  ... on CreateUploadSuccess { ticket { id uploadUrl } }`);
export const SET_EDITING = write("setEditing", "SetEditing");
export const CREATE_FIELD = write("createField", "CreateField");
export const UPDATE_FIELD = write("updateField", "UpdateField");
export const MOVE_FIELD = write("moveField", "MoveField");
export const SAVE_GROUP = write("saveFieldGroup", "SaveFieldGroup");
export const REMOVE_GROUP = write("removeFieldGroup", "RemoveFieldGroup");
export const CHANGE_LAYOUT = write("changeMyLayout", "ChangeMyLayout");
export const PIN = write("pinProperty", "PinProperty");
export const UNPIN = write("unpinProperty", "UnpinProperty");
export const ADD_ADDRESS = write("addEmailAddress", "AddEmailAddress");
export const MAKE_PRIMARY = write("makeEmailAddressPrimary", "MakeEmailAddressPrimary");
export const REMOVE_ADDRESS = write("removeEmailAddress", "RemoveEmailAddress");
export const SAVE_NUMBER = write("savePhoneNumber", "SavePhoneNumber");
export const REMOVE_NUMBER = write("removePhoneNumber", "RemovePhoneNumber");
export const ADD_TAGS = write("addTags", "AddTags");
export const REMOVE_TAGS = write("removeTags", "RemoveTags");
export const ADD_NOTE = write("addNote", "AddNote", "... on PreconditionError { reason }");
export const EDIT_NOTE = write("editNote", "EditNote", `... on PreconditionError { reason }
  ... on ConflictError { currentVersion conflicts { changedByName } }`);
export const REMOVE_NOTE = write("removeNote", "RemoveNote");
export const SET_AVATAR = write("setAvatar", "SetAvatar");
export const CREATE_TASK = write("createTask", "CreateTask");
export const UPDATE_TASK = write("updateTask", "UpdateTask", `
  ... on ConflictError { currentVersion conflicts { changedByName } }`);
export const COMPLETE_TASK = write("completeTask", "CompleteTask");
export const REOPEN_TASK = write("reopenTask", "ReopenTask");
export const REMOVE_TASK = write("removeTask", "RemoveTask");
export const SNOOZE_TASK = write("snoozeTask", "SnoozeTask");
export const SAVE_DATE = write("saveImportantDate", "SaveImportantDate", `
  ... on ConflictError { currentVersion conflicts { changedByName } }`);
export const REMOVE_DATE = write("removeImportantDate", "RemoveImportantDate");
export const ADD_EVENT = write("addEvent", "AddEvent");
export const QUICK_EVENT = write("logQuickEvent", "LogQuickEvent");
export const ANNOTATE_EVENT = write("annotateEvent", "AnnotateEvent", `
  ... on ConflictError { currentVersion conflicts { current { display } changedByName } }`);
export const CHANGE_STATE = write("changeLeadState", "ChangeLeadState");
export const WIN = write("winLead", "WinLead");
export const REOPEN = write("reopenLead", "ReopenLead");
export const CHANGE_HEADER = write("changeHeaderSettings", "ChangeHeaderSettings");
export const CHANGE_PRIORITY = write("changePriority", "ChangePriority");
export const ASSIGN = write("assignLead", "AssignLead");
export const SCHEDULE = write("scheduleAppointment", "ScheduleAppointment");
export const UPDATE_APPOINTMENT = write("updateAppointment", "UpdateAppointment", `
  ... on ConflictError { currentVersion conflicts { changedByName } }`);
export const RECORD_OUTCOME = write("recordAppointmentOutcome", "RecordAppointmentOutcome");
export const MERGE_LEADS = write("mergeLeads", "MergeLeads");
export const UNMERGE_LEAD = write("unmergeLead", "UnmergeLead");
export const ERASE_LEAD = write("eraseLead", "EraseLead");
export const CANCEL_APPOINTMENT = write("cancelAppointment", "CancelAppointment");
export const LOG_CALL = write("logCall", "LogCall");
export const LOG_MEETING = write("logMeeting", "LogMeeting");
export const LOG_MESSAGE = write("logMessage", "LogMessage");
export const SEND_MESSAGE = write("sendMessage", "SendMessage", `
  ... on SendMessageSuccess { sentMessage { id } }`);
export const MARK_READ = write("markNotificationsRead", "MarkNotificationsRead");
export const CREATE_ACCOUNT = write("createLeadAccount", "CreateLeadAccount");
export const RESET_PASSWORD = write("resetLeadPassword", "ResetLeadPassword", `
  ... on ResetLeadPasswordSuccess { oneTimePassword }`);
export const EXPORT_HISTORY = write("exportHistory", "ExportHistory", `
  ... on ExportHistorySuccess { downloadPath expiresAt publicKey }`);
