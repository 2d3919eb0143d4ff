/** A container's id at the end of a control group's path, as docker, containerd, CRI-O and podman write it. */
const containerGroup = /(?:^|[/:-])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/

/** The first twelve characters of the id, by which other sensors know it, too; null: no container's group. */
export function containerOf(cgroup: string | null): string | null {
  return cgroup === null ? null : (containerGroup.exec(cgroup)?.[1]?.slice(0, 12) ?? null)
}
