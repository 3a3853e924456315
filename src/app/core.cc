#include "app/core.h"

#include "api/data_keys.h"
#include "api/pipeline.h"
#include "api/registry.h"
#include "app/blob_cleaner.h"
#include "app/launch_pages.h"
#include "app/metrics_page.h"
#include "app/own_pages.h"
#include "app/remote_buckets.h"
#include "app/signal_page.h"
#include "app/sweeper.h"
#include "base/log.h"
#include "blob/damage.h"
#include "delivery/access_log_delivery.h"
#include "delivery/delivery.h"
#include "delivery/destinations/by_bucket.h"
#include "delivery/destinations/embedded_s3.h"
#include "delivery/notices.h"
#include "delivery/selected_events.h"
#include "history/store.h"
#include "identity/accounts.h"
#include "identity/guesses.h"
#include "identity/policies.h"
#include "identity/provider_keys.h"
#include "identity/upgrade.h"
#include "journal/follower.h"
#include "logs/store.h"
#include "metrics/store.h"
#include "outbox/outbox.h"
#include "rules/dispatcher.h"
#include "rules/making.h"
#include "services/catalog.h"
#include "services/cloudformation/engine/engine.h"
#include "services/cloudformation/upkeep.h"
#include "services/monitoring/actions.h"
#include "services/monitoring/alarm_watch.h"
#include "services/monitoring/upkeep.h"
#include "services/kms/upkeep.h"
#include "services/logs/known_groups.h"
#include "services/logs/metric_filtering.h"
#include "services/logs/queries.h"
#include "services/logs/upkeep.h"
#include "services/s3/access_log.h"
#include "services/s3/answers.h"
#include "services/s3/bucket_access.h"
#include "services/s3/examine.h"
#include "services/s3/lifecycle.h"
#include "services/s3/notification.h"
#include "services/sns/courier.h"
#include "services/sns/deliveries.h"
#include "services/sns/signer.h"
#include "services/sns/upkeep.h"
#include "services/sqs/board.h"
#include "services/sqs/upkeep.h"
#include "state/master_key.h"
#include "state/sealer.h"
#include "state/store.h"

namespace cairn::app {
namespace {

using namespace std::chrono_literals;
using journal::Position;

constexpr auto kReleaseInterval = 1s;         // how often the journal is told what nobody needs any more
constexpr auto kScrubInterval = 1s;           // how often the scrubber looks at what it may in that time
constexpr auto kTidyInterval = 1s;            // how often history looks whether segments are to be merged
constexpr auto kExpireInterval = 60s;         // how often history drops what is past its retention
constexpr uint64_t kReplayEntriesMax = 5000;  // entries behind the checkpoint before one is made for their sake
constexpr size_t kResetKeysPerEntry = 2000;
constexpr uint64_t kBacklogReserves = 4;  // what a dead bucket keeps in the journal leaves so much free
constexpr uint64_t kObjectReserves = 2;   // objects leave as much again free, so that what they filled can still be deleted

class WiredCore : public Core {
 public:
  WiredCore(const Settings& settings, const Outside& outside) : settings_(settings), outside_(outside) {}

  ~WiredCore() override {
    stopping_ = true;
    tidy_task_.reset();
    release_task_.reset();
    sweep_task_.reset();
    key_task_.reset();
    logs_task_.reset();
    metrics_task_.reset();
    sns_task_.reset();
    stacks_task_.reset();
    lifecycle_task_.reset();
    scrub_task_.reset();
    delivery_feed_.reset();
    outbox_feed_.reset();
    if (delivery_) delivery_->stop();
    if (rules_) rules_->stop();
    if (access_logs_) access_logs_->stop();
    if (outbox_) outbox_->stop();
    stacks_feed_.reset();
    if (stacks_) stacks_->stop();
    if (queues_) queues_->set_upkeep(nullptr);
    queues_task_.reset();
    stop_waiting();
    pipeline_.reset();  // its pools finish what they took
    log_queries_.reset();
    waiting_room_.set_task(nullptr);
    waiting_task_.reset();
    metric_filtering_.reset();
    metrics_feed_.reset();
    alarms_feed_.reset();
    alarms_.reset();
    if (journal_) journal_->drain();  // and every answer leaves
    delivery_.reset();
    rules_.reset();
    access_logs_.reset();
    outbox_.reset();
    stacks_.reset();
    history_feed_.reset();
    logs_feed_.reset();
    board_feed_.reset();
    cleaner_feed_.reset();
    if (store_ && journal_) store_->checkpoint();
    store_.reset();
    history_.reset();
    logs_.reset();
    measurements_.reset();
    journal_.reset();
  }

  Result<void> open() {
    env::Files& files = outside_.files;
    const std::string& data = settings_.data;
    if (const env::Done made = files.make_directory(data); !made) return failure("{}", made.error().message);
    if (const env::Done durable = files.sync_directory(env::parent_directory(data)); !durable)
      return failure("{}", durable.error().message);
    env::Io<std::shared_ptr<void>> lock = files.lock(data + "/lock");
    if (!lock) {
      return failure("{}: {}", data,
                     lock.error().kind == env::IoFailure::kBusy
                         ? "another cairn is using this data directory; stop it, or give this one its own with --data"
                         : lock.error().message);
    }
    lock_ = std::move(*lock);

    Result<std::unique_ptr<state::Engine>> engine = outside_.open_state(data + "/state.db");
    if (!engine) return tl::unexpected(engine.error());
    engine_ = std::move(*engine);
    store_ = std::make_unique<state::Store>(*engine_, state::Options{.overlay_bytes_max = settings_.state_overlay_bytes,
                                                                     .checkpoint_bytes = settings_.state_overlay_bytes / 8,
                                                                     .checkpoint_interval = settings_.checkpoint_interval,
                                                                     .cache_bytes_max = settings_.state_cache_bytes});
    kms_documents_ = &store_->watch("kms/");
    Result<std::unique_ptr<history::History>> history = history::History::open(files, outside_.clock,
                                                                               {.directory = data + "/history",
                                                                                .retention = settings_.history_retention,
                                                                                .tail_bytes_max = settings_.history_tail_bytes,
                                                                                .memory_bytes_max = settings_.history_memory});
    if (!history) return tl::unexpected(history.error());
    history_ = std::move(*history);
    Result<std::unique_ptr<logs::Store>> logs =
        logs::Store::open(files, {.directory = data + "/logs", .tail_bytes_max = settings_.logs_tail_bytes});
    if (!logs) return tl::unexpected(logs.error());
    logs_ = std::move(*logs);
    Result<std::unique_ptr<metrics::Store>> metrics =
        metrics::Store::open(files, outside_.clock, {.directory = data + "/metrics", .tail_bytes_max = settings_.metrics_tail_bytes});
    if (!metrics) return tl::unexpected(metrics.error());
    measurements_ = std::move(*metrics);

    Result<std::unique_ptr<journal::Journal>> journal = journal::Journal::open(
        files, outside_.tasks,
        {.directory = data + "/journal",
         .segment_bytes = settings_.journal_segment_bytes,
         .reserve_bytes = settings_.journal_reserve_bytes,
         .random = &outside_.random,
         .on_fatal = outside_.on_fatal},
        engine_->position(),
        [this](Position position, std::string_view bytes) {
          const Result<journal::EntryView> entry = journal::decode_entry(bytes);
          if (!entry)
            broken_ = fmt::format("journal: entry {} cannot be read ({}); it was written by another version of cairn", position.seq,
                                  entry.error().message);
          else store_->replay(position, *entry);
        },
        &recovery_);
    if (!journal) return tl::unexpected(journal.error());
    journal_ = std::move(*journal);
    if (!broken_.empty()) return failure("{}", broken_);
    if (recovery_.torn_bytes > 0)
      log::warning("cut an unacknowledged tail off the journal", {{"bytes", std::to_string(recovery_.torn_bytes)}});
    // A directory of an earlier version has no metrics, and its journal has forgotten what was before them.
    if (measurements_->position().seq + 1 < journal_->oldest().seq) measurements_->clear({journal_->oldest().seq - 1});
    store_->start(*journal_, outside_.tasks);

    Result<std::unique_ptr<blob::Store>> blobs =
        blob::open_directory(files, outside_.random, data + "/objects", kObjectReserves * settings_.journal_reserve_bytes);
    if (!blobs) return tl::unexpected(blobs.error());
    blobs_ = std::move(*blobs);
    sweeper_.emplace(*blobs_, *store_, *journal_);  // before anybody writes new ones

    queues_ = std::make_unique<sqs::Board>(outside_.clock, waiting_room_);
    queues_->start(*store_, recovery_.last);
    if (Result<void> opened = open_sealer(); !opened) return opened;
    if (Result<void> made = make_first_account(); !made) return made;
    if (Result<void> made = make_owner_key(); !made)  // a full disk must not keep the server from serving
      log::warning("the data directory has no owner's key; the next start tries again", {{"problem", made.error().message}});
    serve_calls();
    deliver();
    send();
    follow();
    return {};
  }

  http::Handler& handler() override { return *pipeline_; }
  bool healthy() const override { return history_feed_->consumed() >= recovery_.last && journal_->accepting(); }
  bool first_start() const override { return first_start_; }
  const aws::AccountId& default_account() const override { return default_account_; }
  const journal::Recovery& recovery() const override { return recovery_; }
  void stop_waiting() override { waiting_room_.close(); }
  void set_endpoint(std::string endpoint) override {
    std::lock_guard lock(counters_mutex_);
    endpoint_ = settings_.public_url.empty() ? std::move(endpoint) : settings_.public_url;
  }
  void show_http_counters(std::function<http::Server::Counters()> counters) override {
    std::lock_guard lock(counters_mutex_);
    http_counters_ = std::move(counters);
  }

 private:
  /// An internal change: no caller, so no record. Also while much waits for the checkpoint: at the start and in a reset nobody else waits.
  Result<void> commit(state::Transaction& transaction) {
    if (!journal_->accepting()) return failure("{}: the journal takes no entries; is the disk full?", settings_.data);
    const auto done = store_->commit(transaction, [&](std::span<const journal::Change> changes) {
      return journal_->append(journal::encode_entry({}, changes), nullptr);
    });
    if (!done) return failure("state changed meanwhile; try again");
    return {};
  }

  Result<void> open_sealer() {
    const std::string directory = settings_.data + "/keys";
    const Secret& changed = outside_.new_master_passphrase;
    if (!changed.empty()) {
      state::Transaction transaction(*store_);
      Result<void> done =
          state::change_passphrase(outside_.files, outside_.random, transaction, directory, outside_.master_passphrase, changed);
      if (done && !transaction.changes().empty()) done = commit(transaction);
      if (!done) return done;
      log::info("secrets are sealed under the new passphrase from now on");
    }
    state::Transaction transaction(*store_);
    Result<std::unique_ptr<state::Sealer>> sealer =
        state::Sealer::open(outside_.files, outside_.random, transaction,
                            {.directory = directory, .passphrase = changed.empty() ? outside_.master_passphrase : changed});
    if (!sealer) return tl::unexpected(sealer.error());
    sealer_ = std::move(*sealer);
    Result<Secret> key = sealer_->standing_key(transaction, "objects");
    if (!key) return tl::unexpected(key.error());
    object_key_ = std::move(*key);
    if (transaction.changes().empty()) return {};
    return commit(transaction);  // whatever is sealed later is a later entry of the same journal
  }

  Result<void> upgrade() {
    for (;;) {
      state::Transaction transaction(*store_);
      identity::upgrade(transaction, *sealer_, default_account_);
      if (transaction.changes().empty()) return {};
      if (Result<void> done = commit(transaction); !done) return done;
    }
  }

  Result<void> make_first_account() {
    state::Transaction transaction(*store_);
    const std::string path = settings_.data + "/credentials";
    if (const auto account = transaction.get(identity::kDefaultAccountKey)) {
      default_account_ = aws::AccountId(*account);  // the setting counts only where the directory is made
      return upgrade();
    }
    first_start_ = true;
    default_account_ = aws::AccountId(settings_.account);
    transaction.put(identity::kDefaultAccountKey, settings_.account);
    identity::mark_as_current(transaction);
    const identity::NewCredentials administrator =
        identity::make_first_account(transaction, *sealer_, outside_.random, outside_.clock.now(), default_account_);
    // The file first: a crash between the two leaves a file that the next start overwrites, never an account that nobody can enter.
    if (const env::Done written = env::write_file_atomically(outside_.files, path,
                                                             fmt::format("[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
                                                                         administrator.access_key.str(), administrator.secret.reveal()));
        !written)
      return failure("{}", written.error().message);
    return commit(transaction);
  }

  /// Whoever can read the data directory's credentials file is its owner; without a key there, there is a new one.
  Result<void> make_owner_key() {
    constexpr size_t kCredentialsBytesMax = 1 << 20;
    const std::string path = settings_.data + "/credentials", section = "[owner]\n";
    const env::Io<std::string> file = env::read_file(outside_.files, path, kCredentialsBytesMax);
    if (!file && file.error().kind != env::IoFailure::kNotFound) return failure("{}", file.error().message);
    std::string text = file.value_or("");
    state::Transaction transaction(*store_);
    if (identity::has_owner_key(transaction) && text.find(section) != std::string::npos) return {};
    if (const size_t old = text.find(section); old != std::string::npos) text.resize(old);
    const identity::NewCredentials owner = identity::make_owner_key(transaction, *sealer_, outside_.random, outside_.clock.now());
    text += fmt::format("{}# For `cairn root credentials` only.\naws_access_key_id = {}\naws_secret_access_key = {}\n", section,
                        owner.access_key.str(), owner.secret.reveal());
    if (const env::Done written = env::write_file_atomically(outside_.files, path, text); !written)
      return failure("{}", written.error().message);
    return commit(transaction);
  }

  /// The followers, by name.
  void follow() {
    history_feed_ = std::make_unique<journal::Feed>(*journal_, outside_.tasks, *history_);
    logs_feed_ = std::make_unique<journal::Feed>(*journal_, outside_.tasks, *logs_);
    alarms_ = std::make_unique<cloudwatch::AlarmWatch>(
        cloudwatch::AlarmWatch::Means{
            .clock = outside_.clock, .random = outside_.random, .store = *store_, .journal = *journal_, .metrics = *measurements_},
        outside_.tasks, recovery_.last);
    alarms_feed_ = std::make_unique<journal::Feed>(*journal_, outside_.tasks, *alarms_);
    measurements_->tell([this](const std::vector<std::string>& keys) { alarms_->measured(keys); });
    metrics_feed_ = std::make_unique<journal::Feed>(*journal_, outside_.tasks, *measurements_);
    metric_filtering_ = std::make_unique<logs_service::MetricFiltering>(
        logs_service::MetricFiltering::Means{.clock = outside_.clock, .store = *store_, .journal = *journal_, .ports = &ports_},
        outside_.tasks);
    board_feed_ = std::make_unique<journal::Feed>(*journal_, outside_.tasks, *queues_);
    waiting_task_ = outside_.tasks.start("waiting", [this] { return waiting_room_.step(); });
    waiting_room_.set_task(waiting_task_.get());
    cleaner_ = std::make_unique<BlobCleaner>(*blobs_, recovery_.last);
    cleaner_feed_ = std::make_unique<journal::Feed>(*journal_, outside_.tasks, *cleaner_);
    delivery_feed_ = std::make_unique<journal::Feed>(*journal_, outside_.tasks, *delivery_);
    outbox_feed_ = std::make_unique<journal::Feed>(*journal_, outside_.tasks, *outbox_);
    stacks_ = std::make_unique<cloudformation::Engine>(cloudformation::Means{.clock = outside_.clock,
                                                                             .random = outside_.random,
                                                                             .store = *store_,
                                                                             .journal = *journal_,
                                                                             .sealer = *sealer_,
                                                                             .client = *pipeline_,
                                                                             .waiting_room = waiting_room_,
                                                                             .any_key = settings_.dev},
                                                       outside_.tasks, recovery_.last);
    stacks_feed_ = std::make_unique<journal::Feed>(*journal_, outside_.tasks, *stacks_);
    const auto tidy = [this] {
      history_->tidy([this] { return !stopping_; });
      return env::Next::after(kTidyInterval);
    };
    tidy_task_ = outside_.tasks.start("history", tidy, env::Tasks::Urgency::kIdle);
    release_task_ = outside_.tasks.start("release", [this] {
      // Calls that change nothing make no checkpoint by themselves, but the next start would have to read them all again.
      if (journal_->durable().seq >= store_->checkpointed().seq + kReplayEntriesMax) store_->checkpoint();
      journal_->release(
          std::min({store_->checkpointed(), history_->position(), logs_->position(), measurements_->position(), alarms_->position(),
                    metric_filtering_->needed(), queues_->position(), cleaner_->position(), delivery_->position(), access_logs_->position(),
                    outbox_->position(), rules_->position(), stacks_->position()}));
      if (outside_.clock.steady() >= next_expiry_) {
        next_expiry_ = outside_.clock.steady() + kExpireInterval;
        history_->expire();
      }
      return env::Next::after(kReleaseInterval);
    });
    scrub_.emplace(s3::Examination::Means{.store = *store_, .blobs = *blobs_, .object_key = object_key_},
                   [this](const s3::Finding& finding) { damage_.found(finding.what, finding.how); });
    if (settings_.scrub_bytes_per_second > 0)
      scrub_task_ = outside_.tasks.start(
          "scrub", [this] { return scrub(); }, env::Tasks::Urgency::kIdle);
    key_upkeep_ = std::make_unique<kms::Upkeep>(outside_.clock, outside_.random, *sealer_, *store_, *journal_);
    key_task_ = outside_.tasks.start("keys", [this] { return key_upkeep_->step(); });
    logs_upkeep_ = std::make_unique<logs_service::Upkeep>(outside_.clock, *store_, *journal_, *logs_);
    queues_upkeep_ = std::make_unique<sqs::Upkeep>(outside_.clock, *store_, *journal_);
    queues_task_ = outside_.tasks.start("queues", [this] { return queues_upkeep_->step(); });
    queues_->set_upkeep(queues_task_.get());
    logs_task_ = outside_.tasks.start("logs", [this] { return logs_upkeep_->step(); });
    metrics_upkeep_ = std::make_unique<cloudwatch::Upkeep>(outside_.clock, *store_, *journal_, *measurements_);
    metrics_task_ = outside_.tasks.start("metrics", [this] { return metrics_upkeep_->step(); });
    sns_upkeep_ = std::make_unique<sns::Upkeep>(outside_.clock, *store_, *journal_);
    sns_task_ = outside_.tasks.start("sns", [this] { return sns_upkeep_->step(); });
    stacks_upkeep_ = std::make_unique<cloudformation::Upkeep>(outside_.clock, *store_, *journal_);
    stacks_task_ = outside_.tasks.start("stacks upkeep", [this] { return stacks_upkeep_->step(); });
    lifecycle_ = std::make_unique<s3::Lifecycle>(ports_, *store_, *journal_, s3::note_expiration);
    lifecycle_task_ = outside_.tasks.start("lifecycle", [this] { return lifecycle_->step(); });
    sweep_task_ = outside_.tasks.start("sweep", [this] { return sweeper_->step(); });
  }

  /// Contents that nobody reads are looked at, too, before there is no other copy left.
  env::Next scrub() {
    if (!scrub_->step(settings_.scrub_bytes_per_second)) ++scrubbed_.rounds;
    scrubbed_.contents = scrub_->contents();
    scrubbed_.bytes = scrub_->bytes();
    return env::Next::after(kScrubInterval);
  }

  void serve_calls() {
    api::install(services::families());
    api::install_finish("s3", s3::finish);
    directory_ = std::make_unique<identity::Directory>(*store_);
    log_queries_ = std::make_unique<logs_service::Queries>(
        logs_service::Queries::Means{.clock = outside_.clock,
                                     .store = *store_,
                                     .journal = *journal_,
                                     .events = *logs_,
                                     .ports = ports_,
                                     .threads = outside_.threads ? logs_service::Queries::kThreads : 0});
    provider_keys_ = std::make_unique<identity::ProviderKeys>(outside_.http, outside_.clock);
    ports_ = {.clock = &outside_.clock,
              .random = &outside_.random,
              .blobs = blobs_.get(),
              .damage = &damage_,
              .buckets = &bucket_access_elsewhere_,
              .log_groups = &known_log_groups_,
              .directory = directory_.get(),
              .guesses = &guesses_,
              .provider_keys = provider_keys_.get(),
              .history = history_.get(),
              .logs = logs_.get(),
              .log_queries = log_queries_.get(),
              .metrics = measurements_.get(),
              .queues = queues_.get(),
              .waiting_room = &waiting_room_,
              .sealer = sealer_.get(),
              .object_key = object_key_,
              .kms_documents = kms_documents_,
              .data_keys = &data_keys_,
              .default_account = default_account_,
              .sends_mail = outside_.mailer != nullptr,
              .plain_counts_as_tls = settings_.dev};
    authenticator_ = std::make_unique<api::Authenticator>(
        *store_, *sealer_, api::AuthenticatorOptions{.dev = settings_.dev, .default_account = ports_.default_account});
    api::Options options;
    options.dev = settings_.dev;
    options.call_threads = outside_.threads ? settings_.call_threads : 0;
    options.receive_threads = outside_.threads ? settings_.receive_threads : 0;
    options.waiting_max = settings_.calls_waiting;
    options.body_bytes_max = settings_.http_body_bytes;
    options.on_sensitive = settings_.sensitive_data == "refuse" ? api::OnSensitive::kRefuse
                           : settings_.sensitive_data == "mask" ? api::OnSensitive::kMask
                                                                : api::OnSensitive::kFlag;
    using DataEvents = api::Options::DataEvents;
    options.data_events = settings_.data_events == "all"        ? DataEvents::kAll
                          : settings_.data_events == "selected" ? DataEvents::kSelected
                                                                : DataEvents::kNone;
    options.is_selected = [this](state::Transaction& state, std::string_view record) { return selected_events_.wants(state, record); };
    OwnPagesPorts pages{.healthy = [this] { return healthy(); },
                        .metrics = [this] { return metrics_text(); },
                        .certificate = nullptr,
                        .reset = nullptr,
                        .launch = nullptr,
                        .signal = signal_page({.clock = outside_.clock, .store = *store_, .journal = *journal_, .sealer = *sealer_})};
    pages.certificate = [this](std::string_view path) { return signer_->certificate(path); };
    if (settings_.dev) pages.reset = [this] { return reset(); };
    pages.launch = launch_pages({.clock = outside_.clock,
                                 .store = *store_,
                                 .sealer = *sealer_,
                                 .client = [this]() -> api::Client& { return *pipeline_; },
                                 .any_key = settings_.dev});
    pipeline_ =
        std::make_unique<api::Pipeline>(options, ports_, *store_, *journal_, *authenticator_, metrics_, own_pages(std::move(pages)));
  }

  /// Trails, which call our own S3 like anyone.
  void deliver() {
    destination_ = delivery::embedded_s3(*pipeline_);
    if (!outside_.remote_buckets.empty()) {
      std::map<std::string, delivery::Elsewhere, std::less<>> elsewhere;
      for (const auto& [name, bucket] : outside_.remote_buckets)
        elsewhere[name] = {delivery::remote_s3(*outside_.http, outside_.clock, bucket), bucket.accounts};
      destination_ = delivery::by_bucket(std::move(elsewhere), std::move(destination_));
    }
    signing_keys_ =
        std::make_unique<delivery::SigningKeys>(outside_.files, *store_, *journal_, settings_.data + "/keys", outside_.make_key);
    const delivery::Means means{.files = outside_.files,
                                .clock = outside_.clock,
                                .random = outside_.random,
                                .store = *store_,
                                .journal = *journal_,
                                .blobs = *blobs_,
                                .destination = *destination_,
                                .signing_keys = *signing_keys_,
                                .counters = delivery_counters_,
                                .data_directory = settings_.data,
                                .options = {.interval = settings_.delivery_interval,
                                            .digest_interval = settings_.digest_interval,
                                            .backlog_bytes_max = settings_.delivery_backlog_bytes,
                                            .backlog_age_max = settings_.delivery_backlog_age,
                                            .keep_free_bytes = kBacklogReserves * settings_.journal_reserve_bytes},
                                .object_key = object_key_};
    const delivery::LogGroupDelivery::Means log_means{.clock = outside_.clock,
                                                      .store = *store_,
                                                      .journal = *journal_,
                                                      .client = *pipeline_,
                                                      .counters = log_counters_,
                                                      .backlog_bytes_max = settings_.delivery_backlog_bytes};
    delivery_ = std::make_unique<delivery::Delivery>(means, log_means, outside_.tasks, recovery_.last);
    access_logs_ = std::make_unique<delivery::AccessLogDelivery>(
        delivery::AccessLogDelivery::Means{.clock = outside_.clock,
                                           .random = outside_.random,
                                           .store = *store_,
                                           .journal = *journal_,
                                           .client = *pipeline_,
                                           .counters = access_log_counters_,
                                           .interval = settings_.delivery_interval,
                                           .backlog_bytes_max = settings_.delivery_backlog_bytes},
        outside_.tasks);
  }

  /// What leaves the server for others.
  void send() {
    signer_.emplace(sns::Signer::Means{
        .clock = outside_.clock, .store = *store_, .journal = *journal_, .sealer = *sealer_, .make_key = outside_.make_key});
    courier_.emplace(sns::Courier::Means{.clock = outside_.clock,
                                         .random = outside_.random,
                                         .signer = *signer_,
                                         .sealer = *sealer_,
                                         .endpoint =
                                             [this] {
                                               std::lock_guard lock(counters_mutex_);
                                               return endpoint_;
                                             },
                                         .mail_from = settings_.mail_from});
    const outbox::Outbox::Means means{.clock = outside_.clock,
                                      .random = outside_.random,
                                      .store = *store_,
                                      .journal = *journal_,
                                      .client = *pipeline_,
                                      .http = outside_.webhooks,
                                      .ca_bundle = settings_.webhooks_ca_bundle,
                                      .mailer = outside_.mailer,
                                      .mail_from = settings_.mail_from,
                                      .counters = outbox_counters_};
    rule_targets_ = std::make_unique<rules::Making>(outside_.clock, *sealer_, *directory_, outside_.webhooks);
    std::map<std::string, outbox::Owner*> owners = {{std::string(cloudwatch::kActionOwner), &alarm_actions_},
                                                    {std::string(delivery::kNoticesOwner), &trail_notices_},
                                                    {std::string(rules::kOwner), rule_targets_.get()},
                                                    {std::string(sns::kOutboxOwner), &*courier_},
                                                    {"s3", &s3_notifier_}};
    outbox_ = std::make_unique<outbox::Outbox>(means, std::move(owners), outside_.tasks, recovery_.last);
    rules_ = std::make_unique<rules::Dispatcher>(rules::Dispatcher::Means{.clock = outside_.clock,
                                                                          .random = outside_.random,
                                                                          .store = *store_,
                                                                          .journal = *journal_,
                                                                          .directory = *directory_,
                                                                          .events = *logs_,
                                                                          .counters = rule_counters_},
                                                 outside_.tasks);
  }

  /// --dev: everything but accounts, their credentials and the master key's document is gone, the history, too.
  Result<void> reset() {
    std::string after;
    for (bool more = true; more;) {
      state::Transaction transaction(*store_);
      state::Page page = transaction.list("", after, kResetKeysPerEntry);
      more = page.more;
      for (state::Item& item : page.items) {
        after = item.key;
        if (!item.key.starts_with("iam/") && !item.key.starts_with("seal/")) transaction.erase(std::move(item.key));
      }
      if (transaction.changes().empty()) continue;
      if (Result<void> done = commit(transaction); !done) return done;
    }
    history_->clear(journal_->appended());
    logs_->clear(journal_->appended());
    log_queries_->clear();
    measurements_->clear(journal_->appended());
    return {};
  }

  std::string metrics_text() {
    std::optional<http::Server::Counters> http;
    {
      std::lock_guard lock(counters_mutex_);
      if (http_counters_) http = http_counters_();
    }
    return metrics_page({.calls = metrics_,
                         .journal = *journal_,
                         .store = *store_,
                         .damage = damage_,
                         .scrubbed = scrubbed_,
                         .delivery = *delivery_,
                         .delivered = delivery_counters_,
                         .log_delivered = log_counters_,
                         .access_logs = access_log_counters_,
                         .outbox = *outbox_,
                         .sent = outbox_counters_,
                         .rules = *rules_,
                         .ruled = rule_counters_,
                         .history = *history_,
                         .history_feed = *history_feed_,
                         .logs = *logs_,
                         .logs_feed = *logs_feed_,
                         .log_queries = *log_queries_,
                         .metric_filtering = *metric_filtering_,
                         .measurements = *measurements_,
                         .measurements_feed = *metrics_feed_,
                         .alarms = *alarms_,
                         .waiting_room = waiting_room_,
                         .stacks_running = stacks_->running(),
                         .http = http});
  }

  const Settings settings_;
  const Outside outside_;
  std::string broken_;
  bool first_start_ = false;
  aws::AccountId default_account_;
  journal::Recovery recovery_;
  std::shared_ptr<void> lock_;
  std::unique_ptr<state::Engine> engine_;
  std::unique_ptr<state::Store> store_;
  std::unique_ptr<history::History> history_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<blob::Store> blobs_;
  std::unique_ptr<state::Sealer> sealer_;
  const state::Watch* kms_documents_ = nullptr;
  Secret object_key_;  // under which S3 seals the keys of contents
  blob::Damage damage_;
  std::unique_ptr<logs::Store> logs_;
  std::unique_ptr<metrics::Store> measurements_;
  std::unique_ptr<cloudwatch::AlarmWatch> alarms_;
  std::unique_ptr<logs_service::MetricFiltering> metric_filtering_;
  std::unique_ptr<logs_service::Queries> log_queries_;
  api::WaitingRoom waiting_room_{outside_.clock};
  api::DataKeyMemory data_keys_;
  std::unique_ptr<sqs::Board> queues_;
  std::unique_ptr<journal::Feed> history_feed_, logs_feed_, metrics_feed_, alarms_feed_, board_feed_;
  std::unique_ptr<BlobCleaner> cleaner_;
  std::optional<Sweeper> sweeper_;
  std::unique_ptr<journal::Feed> cleaner_feed_;
  delivery::SelectedEvents selected_events_;
  delivery::Counters delivery_counters_;
  delivery::LogCounters log_counters_;
  logs_service::KnownGroups known_log_groups_;
  std::shared_ptr<delivery::Destination> destination_;
  std::unique_ptr<delivery::SigningKeys> signing_keys_;
  std::unique_ptr<delivery::Delivery> delivery_;
  delivery::AccessLogCounters access_log_counters_;
  std::unique_ptr<delivery::AccessLogDelivery> access_logs_;
  std::unique_ptr<journal::Feed> delivery_feed_;
  std::string endpoint_;  // under counters_mutex_
  std::optional<sns::Signer> signer_;
  std::optional<sns::Courier> courier_;
  delivery::Notices trail_notices_{outside_.clock};
  std::unique_ptr<sns::Upkeep> sns_upkeep_;
  outbox::Counters outbox_counters_;
  s3::Notifier s3_notifier_;
  cloudwatch::AlarmActions alarm_actions_{outside_.clock};
  rules::Counters rule_counters_;
  std::unique_ptr<rules::Making> rule_targets_;
  std::unique_ptr<rules::Dispatcher> rules_;
  std::unique_ptr<outbox::Outbox> outbox_;
  std::unique_ptr<journal::Feed> outbox_feed_;
  std::unique_ptr<cloudformation::Engine> stacks_;
  std::unique_ptr<journal::Feed> stacks_feed_;
  std::unique_ptr<kms::Upkeep> key_upkeep_;
  std::unique_ptr<logs_service::Upkeep> logs_upkeep_;
  std::unique_ptr<cloudwatch::Upkeep> metrics_upkeep_;
  std::unique_ptr<sqs::Upkeep> queues_upkeep_;
  std::unique_ptr<cloudformation::Upkeep> stacks_upkeep_;
  std::unique_ptr<s3::Lifecycle> lifecycle_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<env::Task> tidy_task_, release_task_, sweep_task_, key_task_, logs_task_, metrics_task_, queues_task_, waiting_task_,
      lifecycle_task_, scrub_task_, sns_task_, stacks_task_;
  std::optional<s3::Examination> scrub_;
  Scrubbed scrubbed_;
  std::chrono::nanoseconds next_expiry_{};
  s3::PolicyBucketAccess bucket_access_;
  BucketAccessElsewhere bucket_access_elsewhere_{outside_.remote_buckets, bucket_access_};
  std::unique_ptr<identity::Directory> directory_;
  identity::Guesses guesses_;
  std::unique_ptr<identity::ProviderKeys> provider_keys_;
  api::Ports ports_;
  api::Metrics metrics_;
  std::unique_ptr<api::Authenticator> authenticator_;
  std::unique_ptr<api::Pipeline> pipeline_;
  std::mutex counters_mutex_;
  std::function<http::Server::Counters()> http_counters_;
};

}  // namespace

Result<std::unique_ptr<Core>> Core::open(const Settings& settings, const Outside& outside) {
  auto core = std::make_unique<WiredCore>(settings, outside);
  if (Result<void> opened = core->open(); !opened) return tl::unexpected(opened.error());
  return core;
}

}  // namespace cairn::app
