#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "identity/guesses.h"
#include "identity/totp.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"
#include "services/iam/qr_code.h"

/// Virtual MFA devices, of users and of root.
namespace cairn::iam {
namespace {

using identity::MfaDevice;

constexpr size_t kDevicesMax = 8;        // of one user
constexpr size_t kUnassignedMax = 1000;  // of an account
constexpr std::string_view kRootDevice = "root-account-mfa-device";

MfaDevice named_device(api::Call& call) {
  const std::string serial = text_of(call.in, "SerialNumber");
  std::optional<MfaDevice> device = identity::find_mfa_device(*call.state, serial);
  if (!device || device->account != call.account)
    throw Error(kNoSuchEntity, "VirtualMFADevice with serial number {} does not exist.", serial);
  return std::move(*device);
}

/// The operations want a user's name; root, who has none, is meant by its account's name "root".
bool means_root(const api::Call& call, const std::string& name) {
  return call.principal.kind == aws::Principal::Kind::kRoot && (name.empty() || name == "root" || name == call.account.str());
}

/// What belongs to whoever the call names: the list of their devices, to be changed.
class Owner {
 public:
  Owner(api::Call& call, const std::string& name) : call_(call) {
    if (means_root(call, name)) {
      account_ = identity::find_account(*call.state, call.account);
      if (!account_) account_ = identity::Account{.id = call.account, .created = call.now};
    } else {
      user_ = entity_named(call, Kind::kUser, name);
    }
  }
  std::string name() const { return user_ ? user_->name : std::string(); }
  std::vector<std::string>& devices() { return user_ ? user_->mfa_devices : account_->mfa_devices; }
  bool has(const MfaDevice& device) { return std::ranges::find(devices(), device.serial()) != devices().end(); }
  void save() {
    if (user_) identity::save(*call_.state, *user_);
    else identity::save(*call_.state, *account_);
  }

 private:
  api::Call& call_;
  std::optional<Entity> user_;
  std::optional<identity::Account> account_;
};

/// The seed is shown once, in the letters that apps take and as a picture of them.
void create_virtual_mfa_device(api::Call& call) {
  const std::string name = text_of(call.in, "VirtualMFADeviceName");
  if (call.state->exists(identity::mfa_device_key(call.account, name)))
    throw Error(kAlreadyExists, "MFADevice entity at the same path and name already exists.");
  if (count_below(call, identity::mfa_device_prefix(call.account), kUnassignedMax) == kUnassignedMax)
    throw over_quota("VirtualMFADevicesPerAccount", kUnassignedMax);
  MfaDevice device{.account = call.account, .name = name, .path = path_given(call.in)};
  const Secret bytes(call.ports->random->bytes(identity::kSeedBytes));
  identity::seal(*call.ports->sealer, device, bytes);
  add_tags(device.tags, tags_given(call.in));
  identity::save(*call.state, device);
  const std::string seed = identity::base32(bytes.reveal());
  const std::string label = name == kRootDevice ? "root-account-mfa-device" : name;
  const std::string uri = fmt::format("otpauth://totp/Amazon%20Web%20Services:{}@{}?secret={}&issuer=Amazon%20Web%20Services",
                                      text::percent_encode(label), call.account.str(), seed);
  Json shown{{"SerialNumber", device.serial()}, {"Base32StringSeed", text::base64(seed)}, {"QRCodePNG", text::base64(qr_code_png(uri))}};
  if (!device.tags.empty()) shown["Tags"] = show_tags(device.tags);
  call.out["VirtualMFADevice"] = std::move(shown);
}

void prove(MfaDevice& device, const api::Call& call) {
  identity::Guesses& guesses = *call.ports->guesses;
  const std::string serial = device.serial();
  const Secret seed = identity::unseal(*call.ports->sealer, device);
  if (guesses.may_try(serial, call.now) &&
      identity::use_codes(device, seed, text_of(call.in, "AuthenticationCode1"), text_of(call.in, "AuthenticationCode2"), call.now))
    return;
  guesses.missed(serial, call.now);
  throw Error(kInvalidCode, "Authentication code for device is not valid.");
}

void enable_mfa_device(api::Call& call) {
  MfaDevice device = named_device(call);
  Owner owner(call, text_of(call.in, "UserName"));
  if (device.enabled) throw Error(kAlreadyExists, "MFA Device is already in use.");
  if (owner.devices().size() >= kDevicesMax) throw over_quota("MFADevicesPerUser", kDevicesMax);
  prove(device, call);
  device.enabled = call.now;
  device.user = owner.name();
  identity::save(*call.state, device);
  owner.devices().push_back(device.serial());
  owner.save();
}

void resync_mfa_device(api::Call& call) {
  MfaDevice device = named_device(call);
  if (!Owner(call, text_of(call.in, "UserName")).has(device)) throw Error(kNoSuchEntity, "MFA Device invalid for user.");
  prove(device, call);
  identity::save(*call.state, device);
}

void deactivate_mfa_device(api::Call& call) {
  MfaDevice device = named_device(call);
  Owner owner(call, has(call.in, "UserName") ? text_of(call.in, "UserName") : call.principal.user_name);
  if (!owner.has(device)) throw Error(kNoSuchEntity, "MFA Device invalid for user.");
  std::erase(owner.devices(), device.serial());
  owner.save();
  device.enabled.reset();
  device.user.clear();
  identity::save(*call.state, device);
}

void delete_virtual_mfa_device(api::Call& call) {
  const MfaDevice device = named_device(call);
  if (device.enabled) throw in_use("deactivate MFA device");
  call.state->erase(identity::mfa_device_key(call.account, device.name));
}

void list_mfa_devices(api::Call& call) {
  const std::string name = has(call.in, "UserName") ? text_of(call.in, "UserName") : call.principal.user_name;
  Owner owner(call, name);
  Json shown = Json::array();
  for (const std::string& serial : owner.devices())
    if (const std::optional<MfaDevice> device = identity::find_mfa_device(*call.state, serial))
      shown.push_back({{"UserName", owner.name().empty() ? "root" : owner.name()},
                       {"SerialNumber", serial},
                       {"EnableDate", timestamps::iso8601(device->enabled.value_or(Time{}))}});
  list_page(call, shown, "MFADevices");
}

void list_virtual_mfa_devices(api::Call& call) {
  const std::string status = text_of(call.in, "AssignmentStatus", "Any");
  list_page(call, identity::mfa_device_prefix(call.account), "VirtualMFADevices", [&](const state::Item& item) -> std::optional<Json> {
    const MfaDevice device = identity::decode_mfa_device(call.account, item.value);
    if (status == "Assigned" && !device.enabled) return std::nullopt;
    if (status == "Unassigned" && device.enabled) return std::nullopt;
    Json shown{{"SerialNumber", device.serial()}};
    if (device.enabled) {
      shown["EnableDate"] = timestamps::iso8601(*device.enabled);
      if (device.user.empty())
        shown["User"] = {{"UserId", call.account.str()}, {"Arn", fmt::format("arn:aws:iam::{}:root", call.account.str())}};
      else shown["User"] = show(entity_named(call, Kind::kUser, device.user), Shown::kBrief);
    }
    return shown;
  });
}

void get_mfa_device(api::Call& call) {
  const MfaDevice device = named_device(call);
  call.out["SerialNumber"] = device.serial();
  if (!device.enabled) return;
  call.out["EnableDate"] = timestamps::iso8601(*device.enabled);
  call.out["UserName"] = device.user.empty() ? "root" : device.user;
}

void tag_mfa_device(api::Call& call) {
  MfaDevice device = named_device(call);
  add_tags(device.tags, tags_given(call.in));
  identity::save(*call.state, device);
}

void untag_mfa_device(api::Call& call) {
  MfaDevice device = named_device(call);
  remove_tags(device.tags, list_of(call.in, "TagKeys"));
  identity::save(*call.state, device);
}

void list_mfa_device_tags(api::Call& call) { list_page(call, show_tags(named_device(call).tags), "Tags"); }

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateVirtualMFADevice", create_virtual_mfa_device},
    {"DeactivateMFADevice", deactivate_mfa_device},
    {"DeleteVirtualMFADevice", delete_virtual_mfa_device},
    {"EnableMFADevice", enable_mfa_device},
    {"GetMFADevice", get_mfa_device},
    {"ListMFADeviceTags", list_mfa_device_tags},
    {"ListMFADevices", list_mfa_devices},
    {"ListVirtualMFADevices", list_virtual_mfa_devices},
    {"ResyncMFADevice", resync_mfa_device},
    {"TagMFADevice", tag_mfa_device},
    {"UntagMFADevice", untag_mfa_device},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_mfa;
const api::Family iam_mfa{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
