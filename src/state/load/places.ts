import type { Place, Resource } from '../model/resource.ts'

/** Beside the resource, not in it: two resources that say the same are equal wherever they stand. */
const places = new WeakMap<Resource, ReadonlyMap<string, Place>>()

export function rememberPlaces(resource: Resource, of: ReadonlyMap<string, Place>): void {
  places.set(resource, of)
}

/** Where an attribute of a loaded resource is written; the resource's own place where that is not known. */
export function placeOf(resource: Resource, attribute: string): Place {
  return places.get(resource)?.get(attribute) ?? resource.place
}
