import { join } from 'node:path';
import type { Container } from './pod.ts';

interface SandboxOf {
  readonly container: Container;
  readonly command: readonly string[];
  readonly resolvConf: string;
  readonly volumes: string;
}

/**
 * Wraps a container's command so that its process sees its volumes and its namespace's resolv.conf, in mounts that exist
 * for it alone and leave nothing on the machine. The process keeps its pid, so signals reach the command itself.
 */
export function makeSandboxedCommand({ container, command, resolvConf, volumes }: SandboxOf): string[] {
  const mounts = (container.volumeMounts ?? []).flatMap(({ name, mountPath, subPath = '' }) => [
    join(volumes, name, subPath),
    mountPath,
  ]);
  return ['unshare', '--mount', 'sh', '-c', MOUNT_AND_EXEC, 'sandbox', resolvConf, ...mounts, '--', ...command];
}

/**
 * A mount point that does not exist cannot be made in a directory of the machine. So its nearest existing parent is
 * covered with a tmpfs, in which links lead to what was there before and the missing directories are made.
 */
const MOUNT_AND_EXEC = `
set -e
mount --bind "$1" /etc/resolv.conf
shift
covers=
while [ "$1" != -- ]; do
  source=$1 target=$2
  shift 2
  if [ ! -e "$target" ]; then
    parent=$target
    while [ ! -d "$parent" ]; do parent=$(dirname "$parent"); done
    parent=$(realpath "$parent")
    if [ "$parent" = / ] || [ "$parent" = /mnt ]; then
      echo "cannot make the mount point $target: directly below $parent only what exists can be mounted over" >&2
      exit 128
    fi
    [ -n "$covers" ] || mount -t tmpfs tmpfs /mnt
    covers=x$covers
    mkdir "/mnt/$covers"
    mount --rbind "$parent" "/mnt/$covers"
    mount -t tmpfs -o mode=755 tmpfs "$parent"
    find "/mnt/$covers" -mindepth 1 -maxdepth 1 -exec ln -s -t "$parent" {} +
    if [ -d "$source" ]; then mkdir -p "$target"; else mkdir -p "$(dirname "$target")"; : > "$target"; fi
  fi
  mount --bind "$source" "$target"
done
shift
exec "$@"
`;
