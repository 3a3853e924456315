#include "cli/commands.h"

#include <CLI/CLI.hpp>

#include "aws/names.h"
#include "base/text.h"
#include "cli/accounts.h"
#include "cli/export.h"
#include "cli/exports.h"
#include "cli/import.h"
#include "cli/keys.h"
#include "cli/launch_url.h"
#include "cli/lookup.h"
#include "cli/query.h"
#include "cli/trouble.h"
#include "cli/verify.h"

namespace cairn::cli {

namespace {

constexpr const char* kTargetHelp = "Server and credentials";
constexpr const char* kEndpointHelp = "The server (default: $AWS_ENDPOINT_URL, the profile's endpoint_url, the data directory's)";
constexpr const char* kProfileHelp = "Profile of your AWS credentials and config files (default: $AWS_PROFILE)";

void add_region(CLI::App& command, TargetOptions& options) {
  command.add_option("--region", options.region, "Region (default: $AWS_REGION, $AWS_DEFAULT_REGION, the profile's, us-east-1)")
      ->type_name("REGION")
      ->check([](const std::string& value) { return aws::is_region(value) ? std::string() : fmt::format("'{}' is no region", value); })
      ->group(kTargetHelp);
}

void add_data(CLI::App& command, TargetOptions& options) {
  command.add_option("--data", options.data, "Data directory of a server on this machine (default: $CAIRN_DATA, ~/.cairn)")
      ->type_name("DIR")
      ->group(kTargetHelp);
  command.add_option("--data-dir", options.data)->group("");  // its name once, in scripts; not shown
}

void add_target(CLI::App& command, TargetOptions& options, const char* endpoint_help, const char* profile_help) {
  command.add_option("--endpoint-url", options.endpoint_url, endpoint_help)->type_name("URL")->group(kTargetHelp);
  command.add_option("--profile", options.profile, profile_help)->type_name("NAME")->group(kTargetHelp);
  add_data(command, options);
}

void add_env(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("env", "Print shell exports that point AWS CLI, SDKs and cairn at the server");
  auto options = std::make_shared<TargetOptions>();
  add_target(*command, *options, "The server (default: where the data directory's is)",
             "Profile of the data directory's credentials file (default: default)");
  add_region(*command, *options);
  command->footer(
      "Examples:\n"
      "  eval \"$(cairn env)\"                  this shell talks to the server from now on\n"
      "  eval \"$(cairn env --data ./demo)\"    to the one with that data directory\n"
      "  aws cloudtrail lookup-events         then any AWS client finds it\n\n"
      "The exports name a config file in the data directory (aws-cli/config). It loads a small plugin that makes AWS CLIs older than\n"
      "2.13 and 1.29 honour AWS_ENDPOINT_URL; newer ones are left as they are.\n"
      "SDKs older than that variable (boto3 before 1.28, also Debian 12's) go to AWS itself unless they are given endpoint_url.\n");
  command->callback([options, &exit_code] {
    const auto exports = make_exports(*options, system_surroundings());
    if (exports) {
      fmt::print("{}", *exports);
      return;
    }
    fmt::print(stderr, "cairn env: {}\n", exports.error().message);
    exit_code = kCouldNot;
  });
}

void add_lookup(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("lookup", "Search the event history: who did what, when, to which resource");
  auto options = std::make_shared<LookupOptions>();
  struct Attribute {
    const char* option;
    const char* name;
    const char* help;
    bool is_truth = false;  // `true` or `false` only
  };
  constexpr Attribute kAttributes[] = {
      {"--event-id", "EventId", "The event with this id"},
      {"--event-name", "EventName", "Calls of this operation, e.g. CreateBucket"},
      {"--read-only", "ReadOnly", "true: reads, false: writes", true},
      {"--username", "Username", "Calls of this user, role session or `root`"},
      {"--resource-type", "ResourceType", "Events about this type, e.g. AWS::S3::Bucket"},
      {"--resource-name", "ResourceName", "Events about this resource, e.g. a bucket's name"},
      {"--event-source", "EventSource", "Calls of this service, e.g. s3.amazonaws.com"},
      {"--access-key-id", "AccessKeyId", "Calls signed with this key"},
  };
  options->filters.resize(std::size(kAttributes));
  for (size_t i = 0; i < std::size(kAttributes); ++i) {
    options->filters[i].first = kAttributes[i].name;
    CLI::Option* option = command->add_option(kAttributes[i].option, options->filters[i].second, kAttributes[i].help)
                              ->type_name("VALUE")
                              ->group("Which events (all that are given must hold; exact, case-sensitive)");
    if (kAttributes[i].is_truth) option->check(CLI::IsMember({"true", "false"}));
  }
  command
      ->add_option("--filter", options->filter, "Events of which this holds: conditions on any field, with and, or, not (docs/search.md)")
      ->type_name("CONDITION")
      ->group("Which events (all that are given must hold; exact, case-sensitive)");
  const char* when = "When and where";
  command
      ->add_option("--start-time", options->start_time, "Not before: 2026-01-31T09:30:00Z, 2026-01-31, epoch seconds, or ago: 15m, 2h, 7d")
      ->type_name("TIME")
      ->group(when);
  CLI::Option* end_time =
      command->add_option("--end-time", options->end_time, "Not after; as --start-time")->type_name("TIME")->group(when);
  command->add_flag("--data-events", options->data_events, "Data events, too: reads and writes of objects")->group(when);
  command->add_flag("--all-regions", options->all_regions, "Events of every region")->group(when);
  command->add_option("--account", options->accounts, "Events of these accounts, for the account that made them (default: your own)")
      ->type_name("ID")
      ->delimiter(',')
      ->group(when);
  const char* output = "Output";
  command
      ->add_option("--max-items", options->items_max,
                   "At most so many, the first in their order; 0: all (default: 50; of values counted 10)")
      ->type_name("N")
      ->check([](const std::string& value) {
        return text::to_uint(value) ? std::string() : fmt::format("expected a number of events, not '{}'", value);
      })
      ->group(output);
  CLI::Option* order = command
                           ->add_option_function<std::string>(
                               "--order", [options](const std::string& which) { options->oldest_first = which == "oldest"; },
                               "Which come first: newest or oldest (default: newest)")
                           ->type_name("ORDER")
                           ->check(CLI::IsMember({"newest", "oldest"}))
                           ->group(output);
  command
      ->add_option("--count-by", options->count_by,
                   "Count events by the values of this field, or by `time`, instead of showing them; several times: by each")
      ->type_name("FIELD")
      ->take_all()
      ->expected(1)
      ->excludes(order)
      ->group(output);
  CLI::Option* count_by = command->get_option("--count-by");
  command->add_flag("--follow", options->follow, "Show the newest, then go on with events as they come, until interrupted")
      ->excludes(order)
      ->excludes(end_time)
      ->excludes(count_by)
      ->group(output);
  command
      ->add_flag(
          "--json", [options](int64_t) { options->output = Output::kJson; }, "The same as --output json")
      ->group(output);
  command
      ->add_option_function<std::string>(
          "--output",
          [options](const std::string& format) {
            options->output = format == "json"     ? Output::kJson
                              : format == "csv"    ? Output::kCsv
                              : format == "ndjson" ? Output::kNdjson
                                                   : Output::kTable;
          },
          "How to write them (default: table)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json", "csv", "ndjson"}))
      ->group(output);
  add_target(*command, options->target, kEndpointHelp, kProfileHelp);
  add_region(*command, options->target);
  command->footer(
      "Examples:\n"
      "  cairn lookup                                             the 50 newest management events\n"
      "  cairn lookup --username alice --read-only false          what alice changed\n"
      "  cairn lookup --resource-name my-bucket --data-events     everything about a bucket, objects included\n"
      "  cairn lookup --start-time 2h --output csv --max-items 0  the last two hours, for a spreadsheet\n"
      "  cairn lookup --follow --all-regions                      watch calls as they come\n"
      "  cairn lookup --start-time 7d --filter 'ispresent(errorCode)' --count-by time --count-by userIdentity.arn\n"
      "                                                           who is refused most, and when\n"
      "  cairn lookup --filter 'eventName like /^Delete/ and not isIpInSubnet(sourceIPAddress, \"10.0.0.0/8\")'\n\n"
      "JSON has the members of `aws cloudtrail lookup-events` and some more (Account, Region, ErrorCode, SourceIPAddress); CloudTrailEvent "
      "holds\n"
      "the whole record. With --follow it is one event a line. NDJSON is the records themselves, one a line. Cells of CSV that a "
      "spreadsheet would run as a formula begin with '.\n"
      "Ends with 0 whether it found any or not, 2 for a wrong command line or condition, 3 if it could not be done, 130 when "
      "interrupted.\n");
  command->callback([options, command, &exit_code] {
    if (!options->count_by.empty() && command->count("--max-items") == 0) options->items_max = kCountedValues;
    exit_code = lookup(*options);
  });
}

void add_query(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("query", "Run SQL over CloudTrail's log files, or the event history");
  auto options = std::make_shared<QueryOptions>();
  command
      ->add_option("SQL", options->sql,
                   "One statement that reads: SELECT, WITH, FROM, DESCRIBE, SUMMARIZE, EXPLAIN; - reads it from standard input")
      ->required();
  const char* where = "Over what";
  command->add_option("--from", options->from, "A log file or directory of them, s3://BUCKET[/PREFIX], or `history` (default)")
      ->type_name("WHERE")
      ->group(where);
  command->add_option("--region", options->regions, "Only events of these regions, with commas between")->type_name("REGION")->group(where);
  command->add_option("--account", options->accounts, "Only events of these accounts, with commas between")
      ->type_name("NUMBER")
      ->group(where);
  command
      ->add_option("--start-time", options->start_time, "Not before: 2026-01-31T09:30:00Z, 2026-01-31, epoch seconds, or ago: 15m, 2h, 7d")
      ->type_name("TIME")
      ->group(where);
  command->add_option("--end-time", options->end_time, "Not after; as --start-time")->type_name("TIME")->group(where);
  const char* output = "Output";
  command->add_option("--output", options->output, "table, csv, json, ndjson or parquet (default: table on a terminal, else csv)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "csv", "json", "ndjson", "parquet"}))
      ->group(output);
  command->add_option("--to", options->to, "To this file instead of standard output; Parquet needs it")->type_name("FILE")->group(output);
  const char* limits = "Limits";
  command->add_option("--memory-mb", options->memory_mb, "Of DuckDB's (default: 2048, or half of the machine's)")
      ->type_name("MB")
      ->check(CLI::Range(64, 1 << 20))
      ->group(limits);
  command->add_option("--threads", options->threads, "So many files at once (default: the cores; 8 from a bucket)")
      ->type_name("N")
      ->check(CLI::Range(1, 256))
      ->group(limits);
  command->add_option("--temporary", options->temporary, "Where what does not fit in memory is put aside (default: $TMPDIR, /tmp)")
      ->type_name("DIR")
      ->group(limits);
  add_target(*command, options->target, kEndpointHelp, kProfileHelp);
  command->footer(
      "Examples:\n"
      "  cairn query \"SELECT eventname, count(*) FROM events GROUP BY ALL ORDER BY 2 DESC\" --from ./logs\n"
      "  cairn query \"SELECT eventtime, useridentity.arn, errorcode FROM events WHERE errorcode IS NOT NULL\" --from s3://my-trails\n"
      "  cairn query \"FROM events WHERE eventsource = 's3.amazonaws.com'\" --start-time 1d --output parquet --to s3.parquet\n"
      "  cairn query \"DESCRIBE events\"\n\n"
      "The table is `events`, or `cloudtrail_logs` as in AWS's examples for Athena; docs/query.md has its columns. The SQL is DuckDB's; "
      "it\n"
      "reads nothing but the table. Its library is needed beside the program, or where $CAIRN_DUCKDB says.\n"
      "Ends with 0; 1 if files are damaged and not in the answer; 2 for a wrong command line, SQL included; 3 if it could not be done; "
      "130\n"
      "when interrupted. docs/exit-codes.md has them of all commands.\n");
  command->callback([options, &exit_code] { exit_code = query(*options); });
}

void add_verify(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("verify", "Prove a trail's log files by its signed digests, and find what was deleted or changed");
  auto options = std::make_shared<VerifyOptions>();
  command->add_option("WHAT", options->what, "A trail's ARN, s3://BUCKET[/PREFIX], or a directory with a copy of the bucket")->required();
  const char* which = "What to prove";
  command
      ->add_option("--start-time", options->start_time,
                   "Digests from then on: 2026-01-31T09:30:00Z, 2026-01-31, epoch seconds, or ago: 2h, 7d")
      ->type_name("TIME")
      ->group(which);
  command->add_option("--end-time", options->end_time, "Digests up to then; as --start-time")->type_name("TIME")->group(which);
  command->add_option("--until", options->until, "The same, and a proof that does not reach it is a finding")
      ->type_name("TIME")
      ->group(which);
  command->add_option("--region", options->regions, "Only these regions, with commas between (default: all that are found)")
      ->type_name("REGION")
      ->group(which);
  command
      ->add_option("--keys", options->keys_file,
                   "Public keys from this file, as `cairn keys` or `aws cloudtrail list-public-keys` wrote it")
      ->type_name("FILE")
      ->group(which);
  const char* output = "Output";
  command->add_option("--save", options->save, "Copy what is read to this directory, to be verified again without the server")
      ->type_name("DIR")
      ->group(output);
  command
      ->add_option_function<std::string>(
          "--output", [options](const std::string& format) { options->json = format == "json"; }, "How to write the result (default: text)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->group(output);
  command->add_option("--threads", options->threads, "So many objects at once (default: the cores; 8 from a server)")
      ->type_name("N")
      ->check(CLI::Range(1, 256))
      ->group(output);
  add_target(*command, options->target, kEndpointHelp, kProfileHelp);
  command->footer(
      "Examples:\n"
      "  cairn verify arn:aws:cloudtrail:us-east-1:123456789012:trail/main --start-time 7d\n"
      "  cairn verify s3://my-trails --until 2026-01-31T00:00:00Z\n"
      "  cairn verify s3://my-trails --save ./evidence && cairn verify ./evidence --keys keys.json\n\n"
      "Ends with 0 if digests were found and all is valid, 1 if something was found or there are none, 2 for a wrong command line, 3 if "
      "it\n"
      "could not look. docs/verify.md tells what each finding means, and what a chain of digests can and cannot prove.\n");
  command->callback([options, &exit_code] { exit_code = verify(*options); });
}

void add_import(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("import", "Load existing CloudTrail log files into the event history");
  auto options = std::make_shared<ImportOptions>();
  command->add_option("WHAT", options->what, "A directory, a file, s3://BUCKET[/PREFIX], or - for the standard input")->required();
  command->add_flag("--check-digests", options->check_digests, "First prove the files by their signed digests, as `cairn verify` does");
  command->add_option("--keys", options->keys_file, "The public keys for that, as `cairn keys` wrote them")->type_name("FILE");
  command->add_option("--event-store", options->event_store, "An event data store instead of the history (there are none yet)")
      ->type_name("NAME");
  command
      ->add_option_function<std::string>(
          "--output", [options](const std::string& format) { options->json = format == "json"; }, "How to write the result (default: text)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--threads", options->threads, "So many files at once (default: 4, of which a server takes no more)")
      ->type_name("N")
      ->check(CLI::Range(1, 16));
  add_target(*command, options->target, kEndpointHelp, kProfileHelp);
  add_region(*command, options->target);
  command->footer(
      "Files: gzip or plain; {\"Records\":[...]} as AWS delivers them, a list, or one record a line. Digests, files of CloudTrail Insights "
      "and "
      "what is no\n"
      "log file are passed over and counted. Events keep their time and their bytes. One that is there already, by account and event ID, "
      "is\n"
      "not added again: after an interruption, give the same command again.\n"
      "  cairn import ./AWSLogs\n"
      "  cairn import s3://my-trails/AWSLogs/123456789012 --check-digests\n"
      "  zcat *.json.gz | cairn import -\n\n"
      "Ends with 0 if all was taken or there already, 1 if records or files were bad, or digests do not prove what they name (then "
      "nothing\n"
      "is taken), 2 for a wrong command line, 3 if it could not go on, 4 if no digest covers some of the files. docs/import.md tells "
      "more.\n");
  command->callback([options, &exit_code] { exit_code = import(*options); });
}

void add_export(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("export", "Write events of the history to files, one for each account, region and day");
  auto options = std::make_shared<ExportOptions>();
  command->add_option("--from", options->from, "Where they are (default and only choice: history)")->type_name("WHAT");
  command->add_option("--to", options->to, "A new directory: account=.../region=.../date=.../events.ndjson.gz, or .parquet")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--format", options->format,
                   "ndjson (default): one record a line, as it was recorded; parquet: the columns of `cairn query`")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"ndjson", "parquet"}));
  const char* which = "Which events (management and data events of all regions, if nothing else is said)";
  command->add_option("--filter", options->filter, "Those of which this holds: conditions on any field (docs/search.md)")
      ->type_name("CONDITIONS")
      ->group(which);
  command->add_option("--start-time", options->start_time, "Not before: 2026-01-31T09:30:00Z, 2026-01-31, epoch seconds, or ago: 2h, 7d")
      ->type_name("TIME")
      ->group(which);
  command->add_option("--end-time", options->end_time, "Not after; as --start-time (default: now)")->type_name("TIME")->group(which);
  command
      ->add_option("--account", options->accounts,
                   "Events of these accounts, with commas between, for the account that made them (default: your own)")
      ->delimiter(',')
      ->type_name("NUMBER")
      ->group(which);
  add_target(*command, options->target, kEndpointHelp, kProfileHelp);
  add_region(*command, options->target);
  command->footer(
      "  cairn export --to ./events --start-time 7d\n"
      "  cairn export --to ./denied --filter 'errorCode = \"AccessDenied\"'\n"
      "  cairn export --to ./tables --format parquet\n\n"
      "Parquet needs DuckDB's library, as `cairn query` does, which reads both.\n"
      "Ends with 0 if all was written, 2 for a wrong command line, 3 if it could not go on; then files end with .part,\n"
      "and the same command goes on with them.\n");
  command->callback([options, &exit_code] { exit_code = export_events(*options); });
}

void add_keys(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("keys", "Print or save the public keys that digests are verified with");
  auto options = std::make_shared<KeysOptions>();
  command->add_option("REGION", options->regions, "Of these regions; each has its own (default: --region)");
  command->add_option("--output", options->file, "Write them to this file")->type_name("FILE");
  add_target(*command, options->target, kEndpointHelp, kProfileHelp);
  add_region(*command, options->target);
  command->footer(
      "Keep them somewhere else than the log files: whoever can change both can forge a chain.\n"
      "  cairn keys us-east-1 eu-west-3 --output keys.json\n");
  command->callback([options, &exit_code] { exit_code = keys(*options); });
}

void add_account(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("account", "Make accounts and list them");
  command->require_subcommand(1);
  auto options = std::make_shared<TargetOptions>();
  auto name = std::make_shared<std::string>();
  CLI::App* create = command->add_subcommand("create", "Make an account; prints its number");
  create->add_option("NAME", *name, "What to call it")->required();
  add_target(*create, *options, kEndpointHelp, kProfileHelp);
  add_region(*create, *options);
  create->callback([options, name, &exit_code] { exit_code = create_account(*options, *name); });
  CLI::App* list = command->add_subcommand("list", "List the server's accounts");
  add_target(*list, *options, kEndpointHelp, kProfileHelp);
  add_region(*list, *options);
  list->callback([options, &exit_code] { exit_code = list_accounts(*options); });
  command->footer("Each account has users, buckets, trails and a history of its own. docs/identity.md tells how to keep logs in one.\n");
}

void add_root(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("root", "For the owner of a data directory: the root users of its accounts");
  command->require_subcommand(1);
  auto options = std::make_shared<RootCredentialsOptions>();
  CLI::App* credentials = command->add_subcommand("credentials", "Make an access key for an account's root user; prints it as a profile");
  credentials->add_option("--account", options->account, "Twelve digits (default: the account that the data directory was made with)")
      ->type_name("NUMBER");
  credentials->add_flag("--replace", options->replace, "The root user's keys before end");
  credentials->add_option("--endpoint-url", options->target.endpoint_url, "The server (default: where the data directory's is)")
      ->type_name("URL");
  add_data(*credentials, options->target);
  credentials->footer(
      "Root may do everything in its account, whatever policies say: use it to make a first administrator, then put its key away.\n"
      "  cairn root credentials --account 123456789012 >> ~/.aws/credentials\n");
  credentials->callback([options, &exit_code] { exit_code = root_credentials(*options); });
}

void add_launch_url(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("launch-url", "Print a one-time link to a page that creates a stack of a template");
  auto options = std::make_shared<LaunchUrlOptions>();
  command
      ->add_option("TEMPLATE", options->what,
                   "A file, the https URL of an object in a bucket of the server, or AWS's quick-create link to one")
      ->required();
  command->add_option("--stack-name", options->stack_name, "Filled in on the page")->type_name("NAME");
  command->add_option("--parameter", options->parameters, "Filled in on the page; may be given again")->type_name("NAME=VALUE");
  add_target(*command, options->target, kEndpointHelp, kProfileHelp);
  add_region(*command, options->target);
  command->footer(
      "  cairn launch-url examples/recommended-trail.yaml --stack-name audit\n\n"
      "Whoever opens the link acts in your name: it is good for one stack of this template, and for 15 minutes.\n");
  command->callback([options, &exit_code] { exit_code = launch_url(*options); });
}

}  // namespace

void add_commands(CLI::App& app, int& exit_code) {
  add_env(app, exit_code);
  add_lookup(app, exit_code);
  add_query(app, exit_code);
  add_verify(app, exit_code);
  add_import(app, exit_code);
  add_export(app, exit_code);
  add_keys(app, exit_code);
  add_account(app, exit_code);
  add_root(app, exit_code);
  add_launch_url(app, exit_code);
}

}  // namespace cairn::cli
