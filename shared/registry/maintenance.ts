/** When an app is closed for everybody, so that its owners can work on it. */
export interface MaintenanceSettings {
  readonly maintenance: boolean;
  /** When it is over by itself, in milliseconds since the Unix epoch. 0: when somebody switches it off. */
  readonly maintenanceUntil: number;
  /** What people read meanwhile. Empty for our own words. */
  readonly maintenanceText: string;
  /** Whether owners and admins of the network come in all the same. */
  readonly maintenanceAdminsPass: boolean;
  /** What becomes of streams that are open when it begins. */
  readonly maintenanceStreams: "left" | "cut";
}

export const DEFAULT_MAINTENANCE_SETTINGS: MaintenanceSettings = {
  maintenance: false,
  maintenanceUntil: 0,
  maintenanceText: "",
  maintenanceAdminsPass: true,
  maintenanceStreams: "left",
};

/** Whether the app is closed now for a caller with this role. */
export const isInMaintenance = (settings: MaintenanceSettings, role: string | null, now: number): boolean =>
  settings.maintenance &&
  (settings.maintenanceUntil === 0 || now < settings.maintenanceUntil) &&
  !(settings.maintenanceAdminsPass && (role === "owner" || role === "admin"));

/** For how many seconds it goes on, as far as is known. */
const UNKNOWN_SECONDS = 300;
export const maintenanceSeconds = ({ maintenanceUntil }: MaintenanceSettings, now: number): number =>
  maintenanceUntil === 0 ? UNKNOWN_SECONDS : Math.max(1, Math.ceil((maintenanceUntil - now) / 1_000));
