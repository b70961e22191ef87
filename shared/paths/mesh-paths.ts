/**
 * The RPC of the object `MeshPaths`. The network has one, named `network`. It alone decides which relays carry which pairs.
 */
export interface MeshPathsRpc {
  /** Reads the changes in the registry up to the revision, and decides what follows from them for the legs of relays. */
  refresh(revision: number): Promise<void>;
}

/** By this name the coordinator tells `MeshPaths` of changes, as it tells the segments by theirs. */
export const MESH_PATHS = "paths";
