import type { TableData } from "./personal-data.classes.ts";

const SETTINGS = "Settings of the organisation, which belong to nobody.";

/** What people make and what is about them beside their own rows. */
export const CONTENT_TABLES: Readonly<Record<string, TableData>> = {
  saved_search: {
    person: "owner_id",
    fate: "DELETED",
    why: "One that makes a group stays, since it says who belongs to the group, without its name and description.",
    columns: {
      plain: "id version owner_id token_id",
      personal: "name description visibility filter filter_hash watch created_at updated_at",
    },
  },
  matched_search: {
    person: "owner_id",
    fate: "DERIVED",
    columns: { plain: "search_id owner_id token_id", personal: "visibility filter watch since touched refusal" },
  },
  live_filter: {
    fate: "STAYS",
    why: "Filters of subscriptions under way belong to a socket and go with it, within a minute.",
    columns: { plain: "id since held_until", words: "filter" },
  },
  approval_request: {
    person: "user_id",
    fate: "CLEARED",
    columns: {
      plain:
        "id version user_id subject_id requester_kind requester_id step expires_at remind_at remind_minutes reminders failure_code",
      standing: "kind state created_at updated_at closed_at",
      name: "requester_name",
      words: "reason payload steps failure_message",
    },
  },
  bulk_plan: {
    fate: "STAYS",
    why: "What was changed of many people at once, and how many; what it did to one person goes with them.",
    columns: {
      plain:
        "id state kind planner_kind planner_id token_id operation_id reverts_id limits_known needs_approval approval_id people changing unchanged errors creating missing problems upload_id changed same conflicts refused failed skipped people_per_second created_at expires_at ready_at started_at updated_at finished_at",
      personal: "ip",
      name: "planner_name",
      words: "target change reason problem preview",
    },
  },
  profile_template: {
    fate: "STAYS",
    why: SETTINGS,
    columns: { plain: "id version name priority require grace_days created_at updated_at", words: "filter defaults" },
  },
  profile_template_role: {
    fate: "STAYS",
    why: SETTINGS,
    columns: { plain: "id template_id role_id reach unit_id" },
  },
  profile_template_group: {
    fate: "STAYS",
    why: SETTINGS,
    columns: { plain: "id template_id group_id" },
  },
  approval_policy: {
    fate: "STAYS",
    why: SETTINGS,
    columns: {
      plain: "id version name fields priority expires_after_hours remind_every_hours created_at updated_at",
      words: "filter",
    },
  },
  approval_policy_decider: {
    fate: "STAYS",
    why: SETTINGS,
    columns: { plain: "id approval_policy_id step by role_id permission everywhere" },
  },
  safety_limit: {
    fate: "STAYS",
    why: SETTINGS,
    columns: {
      plain: "id version name max_people max_percent share_of aspects window_hours window_of created_at updated_at",
      words: "filter search_name",
    },
  },
  retention_policy: {
    fate: "STAYS",
    why: SETTINGS,
    columns: {
      plain:
        "id version name status days action enabled max_people max_percent approved_version approval_id author_kind author_id in_force_at created_at updated_at",
      name: "author_name",
      words: "filter",
    },
  },
  retention_run: {
    fate: "STAYS",
    why: "What a policy did with many people, and how many; it holds no value of theirs.",
    columns: {
      plain:
        "id policy_id policy_version policy_name action state day author_kind author_id operation_id people done passed_over limits approval_id problem created_at started_at finished_at",
      name: "author_name",
    },
  },
  retention_item: {
    person: "user_id",
    fate: "STAYS",
    why: "That a retention policy concerned the person, and what came of it: ids and outcomes alone, for 90 days.",
    columns: { plain: "run_id place user_id", standing: "outcome obstacle problem" },
  },
  export_link: {
    person: "user_id",
    fate: "DELETED",
    columns: {
      plain: "id user_id token_id",
      personal: "kind file_format filter_text columns state row_count created_at expires_at used_at ended_at",
      secret: "secret_hash payload",
    },
  },
  import_upload: {
    person: "user_id",
    fate: "DELETED",
    columns: {
      plain: "id user_id token_id",
      personal: "file_name media_type size created_at expires_at",
      secret: "sha256",
    },
  },
  import_upload_part: {
    parent: { column: "upload_id", table: "import_upload" },
    fate: "DELETED",
    why: "What others uploaded stays for at most seven days where no plan names the person by a row or as a manager: nobody knows who stands in it.",
    columns: { plain: "upload_id place", secret: "content" },
  },
  import_row: {
    person: "user_id",
    fate: "DELETED",
    why: "Rows of a file, between reading and rehearsing it: none outlives its transaction.",
    columns: {
      plain: "plan_id source_row new_id user_id manager_id step beside bad unchanged",
      words: "key manager_key username email employee_number cells",
    },
  },
  import_problem: {
    fate: "STAYS",
    why: "What was expected of cells of a file, without what stood there.",
    columns: { plain: "plan_id source_row source_column place", words: "header message" },
  },
  import_attempt: {
    fate: "STAYS",
    why: "How often making a plan of a file was begun: nothing of anybody.",
    columns: { plain: "plan_id count begun_at" },
  },
  import_template: {
    fate: "STAYS",
    why: SETTINGS,
    columns: { plain: "id version name created_at updated_at", words: "reading" },
  },
  approval_delegation: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id user_id delegate_id", personal: "starts_at ends_at ended_at created_at" },
  },
  user_erasure: {
    person: "user_id",
    fate: "STAYS",
    why: "That and when the person was erased, on which ground and by whose word: the controller has to show it (article 5(2)).",
    columns: {
      plain: "id user_id approval_request_id commit_id named cleared",
      standing: "ground gone erased_at finished_at",
    },
  },
  idempotency_key: {
    fate: "DELETED",
    columns: { plain: "actor created_at commit_id", personal: "key mutation answer", secret: "input_hash" },
  },
  audit_attempt: {
    person: "subject_id",
    fate: "STAYS",
    why: "Attempts that were refused: actions, codes and ids, without values.",
    columns: { plain: "id subject_kind subject_id omitted", standing: "at action outcome code operation" },
  },
  sign_in_counter: {
    fate: "STAYS",
    why: "How often was tried, for minutes. Accounts and addresses stand in it as keyed hashes.",
    columns: { plain: "kind attempts until lock_due", secret: "subject" },
  },
  viewer_budget: {
    fate: "STAYS",
    why: "How much was asked by a viewer's id, or from an address without signing in, until the window is over: a minute where nothing else is set.",
    columns: { plain: "points until", secret: "key" },
  },
  password_reset_request: {
    fate: "STAYS",
    why: "Addresses that were typed, sealed, for seconds, before anybody knows whose they are.",
    columns: { plain: "id requested_at", secret: "sealed" },
  },
  org_unit: {
    fate: "STAYS",
    why: "A unit whose head is erased keeps the tombstone as its head until it is given another.",
    columns: { plain: "id version code name kind parent_id head_id created_at updated_at" },
  },
  org_unit_path: { fate: "STAYS", why: SETTINGS, columns: { plain: "unit_id path code_path depth" } },
  role: {
    fate: "STAYS",
    why: SETTINGS,
    columns: { plain: "id version key name description privileged permissions created_at updated_at" },
  },
  user_group: {
    fate: "STAYS",
    why: SETTINGS,
    columns: {
      plain: "id version key name description kind saved_search_id owner_id org_unit_id created_at updated_at",
    },
  },
  role_inheritance: { fate: "STAYS", why: SETTINGS, columns: { plain: "id role_id inherits_id" } },
  access_rule: {
    fate: "STAYS",
    why: SETTINGS,
    columns: {
      plain: "id version name permissions hours timezone networks created_at updated_at",
      words: "actor object",
    },
  },
  attribute_definition: {
    fate: "STAYS",
    why: SETTINGS,
    columns: {
      plain:
        "id version key name description type state required unique pattern minimum maximum earliest latest min_length max_length choices sensitive self_editable read_permission searchable created_at updated_at",
    },
  },
  attribute_index: { fate: "STAYS", why: SETTINGS, columns: { plain: "key ready filled_to ends_at" } },
  sign_in_policy: {
    fate: "STAYS",
    why: SETTINGS,
    columns: { plain: "id version name require grace_days created_at updated_at", words: "filter" },
  },
};
