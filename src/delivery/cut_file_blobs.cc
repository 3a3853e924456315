#include "delivery/cut_file_blobs.h"

#include "base/text.h"
#include "blob/sealed.h"

namespace cairn::delivery {

CutFileBlobs::CutFileBlobs(blob::Store& blobs, env::Random& random, const Secret& object_key, std::string trail_id)
    : blobs_(blobs), random_(random), object_key_(object_key), trail_id_(std::move(trail_id)) {}

bool CutFileBlobs::write(CutFile& file, std::string_view gzip) {
  env::Io<std::unique_ptr<blob::Writer>> writer = blobs_.create();
  if (!writer) return false;
  std::string seal;
  if (!object_key_.empty()) {
    const Secret key = blob::new_key(random_);
    seal = text::base64(blob::wrap_key(random_, object_key_, key, trail_id_));
    *writer = blob::seal_to(std::move(*writer), key);
  }
  if (!(*writer)->append(gzip)) return false;
  env::Io<blob::BlobId> id = (*writer)->finish();
  if (!id) return false;
  file.blob = std::move(*id);
  file.seal = std::move(seal);
  return true;
}

Result<std::string> CutFileBlobs::read(const CutFile& file) const {
  env::Io<std::shared_ptr<blob::Reader>> reader = blobs_.open(file.blob);
  if (!reader) return failure("{}", reader.error().message);
  if (!file.seal.empty()) {
    const std::optional<Secret> key = blob::unwrap_key(object_key_, text::from_base64(file.seal).value_or(""), trail_id_);
    if (!key) return failure("the key of blob {} does not open", file.blob.str());
    *reader = blob::open_from(std::move(*reader), *key);
  }
  std::string bytes((*reader)->size(), '\0');
  for (size_t done = 0; done < bytes.size();) {
    const env::Io<size_t> read = (*reader)->read(done, std::span(bytes).subspan(done));
    if (!read) return failure("{}", read.error().message);
    if (*read == 0) return failure("blob {} is shorter than it says", file.blob.str());
    done += *read;
  }
  return bytes;
}

void CutFileBlobs::remove(const CutFile& file) { blobs_.remove(file.blob); }

}  // namespace cairn::delivery
