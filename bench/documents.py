"""The documents that clients send."""

from collections.abc import Mapping
from typing import Any

LISTS = {
    "properties": 20, "eventGroups": 10, "tags": 10, "events": 20, "conversations": 10,
    "notes": 10, "history": 20,
}  # fmt: skip
"""How long each list of the measured card is; a long card has twice as many of each."""

VALUE = "display copyText"
DIFF = f"path label before {{ {VALUE} }} after {{ {VALUE} }}"

HEAD = f"""
  id displayName title isTitleDerived isAnonymous priority createdAt lastActivityAt timeZone version
  person {{ firstName lastName company jobTitle language birthday postalAddress }}
  emailAddresses {{ id address isPrimary subscription {{ subscriptionStatus since }} }}
  phoneNumbers {{ id number isPrimary }}
  source {{ channel detail }}
  state {{ id name kind color }} stateSince stateBar {{ state {{ id }} isCurrent isPassed }}
  assignment {{ current {{ id name }} since }}
  properties {{ key label value {{ {VALUE} }} source updatedAt canEdit version }}
  tags {{ id name }}
  presence {{ state since lastSeenAt lastActiveAt isProvisional }}
  viewers {{ staff {{ id name }} since }} viewerCount
  viewerCan {{ edit changeState assign sendMessage channels }}
"""

CARD = f"""
query Card(
  $id: ID!, $events: Int!, $conversations: Int!, $notes: Int!, $history: Int!
) {{
  lead(id: $id) {{
    {HEAD}
    eventGroups {{ name count firstAt lastAt }}
    events(first: $events) {{
      nodes {{ id name origin occurredAt count pageUrl parameters {{ name value {{ {VALUE} }} }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
    conversations(first: $conversations) {{
      nodes {{
        id channel subject state createdAt waitingSince
        lastMessage {{ id text direction at author {{ name }} }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
    notes(first: $notes) {{
      nodes {{ id html author {{ name }} createdAt editedAt visibility isPinned canEdit version }}
      pageInfo {{ hasNextPage endCursor }}
    }}
    history(first: $history) {{
      nodes {{ id at type via summary actor {{ kind name }} diffs {{ {DIFF} }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
"""

PAST_CARD = """
query Past($id: ID!, $asOf: AsOfInput) {
  lead(id: $id, asOf: $asOf) { displayName priority state { name } tags { name } version }
}
"""

LIVE_CARD = f"""
subscription LiveCard($id: ID!, $after: Cursor) {{
  leadCard(id: $id, after: $after) {{
    __typename
    ... on LeadCardSnapshot {{ cursor at lead {{ {HEAD} }} }}
    ... on LeadChange {{
      cursor at actor {{ kind name }}
      entry {{ id type summary diffs {{ {DIFF} }} }}
    }}
    ... on PropertiesChanged {{ properties {{ key value {{ {VALUE} }} version }} }}
    ... on MessageAdded {{
      message {{ id text direction at author {{ name }} }}
      conversation {{ id state lastMessage {{ id }} waitingSince }}
    }}
    ... on PresenceChanged {{ presence {{ state since }} }}
    ... on ViewersChanged {{ viewerCount }}
  }}
}}
"""

PRIORITY = "query Priority($id: ID!) { lead(id: $id) { priority } }"

CHANGE_PRIORITY = """
mutation Change($lead: ID!, $priority: Priority!) {
  changePriority(input: {leadId: $lead, priority: $priority}) {
    ... on ChangePrioritySuccess { changes { cursor at } }
    ... on Error { message }
  }
}
"""

CHANGE_AND_VERSION = """
mutation Change($lead: ID!, $priority: Priority!) {
  changePriority(input: {leadId: $lead, priority: $priority}) {
    ... on ChangePrioritySuccess { lead { version } changes { cursor } }
    ... on Error { message }
  }
}
"""

LIVE_LIST = """
subscription List($filter: LeadFilter) {
  leadList(first: 20, filter: $filter) {
    __typename
    ... on LeadListSnapshot { rows { lead { id version } } }
    ... on LeadListChanged { rows { position lead { id version displayName } } leftIds }
  }
}
"""

STATES = "query { pipelines { states { id } } }"

CHANGE_STATE = """
mutation Move($lead: ID!, $state: ID!) {
  changeLeadState(input: {leadId: $lead, stateId: $state}) {
    ... on ChangeLeadStateSuccess { changes { cursor at } }
    ... on Error { message }
  }
}
"""

LEADS_IN_STATE = """
query InState($states: [ID!]!) {
  leads(first: 50, filter: {state: {in: $states}}, sort: {by: STATE_SINCE}) {
    nodes { id displayName state { name } }
  }
}
"""

SEND_MESSAGE = """
mutation Send($lead: ID!, $key: IdempotencyKey!) {
  sendMessage(input: {leadId: $lead, idempotencyKey: $key, channel: CHAT, text: "Hello again"}) {
    ... on SendMessageSuccess { changes { cursor at } }
    ... on Error { message }
  }
}
"""

LEADS = """
query Leads($first: Int!) {
  leads(first: $first) {
    nodes {
      id displayName title priority lastActivityAt
      state { name color } assignee { name } tags { name } presence { state }
      primaryEmailAddress { address }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

LEAD_ROW = """
      id displayName title priority lastActivityAt
      state { name color } assignee { name } tags { name } presence { state }
      primaryEmailAddress { address }
"""

FILTERED_LEADS = f"""
query Filtered($filter: LeadFilter, $search: String) {{
  leads(first: 50, filter: $filter, search: $search) {{
    nodes {{ {LEAD_ROW} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""

PAGE_OF_LEADS = """
query PageOfLeads($first: Int!, $after: Cursor) {
  leads(first: $first, after: $after) {
    nodes { id displayName }
    pageInfo { hasNextPage endCursor }
  }
}
"""

EXPORT = """
mutation Export($columns: [String!]!) {
  exportLeads(input: {columns: $columns}) {
    ... on ExportLeadsSuccess { downloadPath }
    ... on Error { message }
  }
}
"""

COUNTED_LEADS = "query { leads(first: 50) { nodes { id } totalCount { value } } }"

COUNTED_HISTORY = """
query History($id: ID!) { lead(id: $id) { history(first: 20) { nodes { id } totalCount } } }
"""


def card_variables(lead_id: str, factor: int = 1) -> dict[str, Any]:
    """Variables of CARD, with pages `factor` times as long."""
    pages = ("events", "conversations", "notes", "history")
    return {"id": lead_id, **{name: factor * LISTS[name] for name in pages}}


def check_card(card: Mapping[str, Any], factor: int = 1) -> None:
    """ValueError unless every list of an answer to CARD is as long as it is said to be."""
    for name, length in LISTS.items():
        found = card[name]["nodes"] if isinstance(card[name], dict) else card[name]
        if len(found) != factor * length:
            raise ValueError(f"{name} has {len(found)} items and not {factor * length}")
