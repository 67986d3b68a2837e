# Windows Enterprise, Education or IoT: the account "booth" gets the supervisor of the booth instead of the desktop.
# Run as administrator. Taking it back: the same with -Remove.
param([string]$User = "booth", [switch]$Remove)
$ErrorActionPreference = "Stop"
Enable-WindowsOptionalFeature -Online -NoRestart -FeatureName "Client-EmbeddedShellLauncher" | Out-Null
$launcher = [wmiclass]"\\localhost\root\standardcimv2\embedded:WESL_UserSetting"
$sid = (New-Object System.Security.Principal.NTAccount($User)).Translate([System.Security.Principal.SecurityIdentifier]).Value
if ($Remove) {
    $launcher.RemoveCustomShell($sid) | Out-Null
} else {
    $supervisor = Join-Path $PSScriptRoot "xuda-kiosk.ps1"
    $command = "powershell.exe -NoProfile -WindowStyle Hidden -ExecutionPolicy Bypass -File `"$supervisor`""
    # 0: start it again when it ends; 10, staff have closed it: sign out is not offered, the desktop of staff is
    $launcher.SetDefaultShell("explorer.exe", 0)
    $launcher.SetCustomShell($sid, $command, @(10), @(3), 0) | Out-Null
    $launcher.SetEnabled($true) | Out-Null
}
Write-Host "Done. It counts from the next sign-in of $User on."
