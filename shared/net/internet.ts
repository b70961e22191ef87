/** The addresses of `internet`: all except private, shared, local and multicast addresses. */
export const INTERNET_V4 = [
  "1.0.0.0-9.255.255.255",
  "11.0.0.0-100.63.255.255",
  "100.128.0.0-126.255.255.255",
  "128.0.0.0-169.253.255.255",
  "169.255.0.0-172.15.255.255",
  "172.32.0.0-192.167.255.255",
  "192.169.0.0-223.255.255.255",
];
export const INTERNET_V6 = ["2000::/3"];
