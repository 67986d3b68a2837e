# Without Assigned Access or Shell Launcher: starts the booth when "booth" signs in. It hides the desktop behind the
# program but cannot forbid Ctrl+Alt+Del, Win and Alt+Tab; see docs/kiosk.md. Run as administrator.
param([string]$User = "booth", [switch]$Remove)
$ErrorActionPreference = "Stop"
if ($Remove) {
    Unregister-ScheduledTask -TaskName "Xuda booth" -Confirm:$false
    return
}
$supervisor = Join-Path $PSScriptRoot "xuda-kiosk.ps1"
$action = New-ScheduledTaskAction -Execute "powershell.exe" `
    -Argument "-NoProfile -WindowStyle Hidden -ExecutionPolicy Bypass -File `"$supervisor`""
$trigger = New-ScheduledTaskTrigger -AtLogOn -User $User
$settings = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries `
    -ExecutionTimeLimit ([TimeSpan]::Zero) -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1)
Register-ScheduledTask -TaskName "Xuda booth" -User $User -Action $action -Trigger $trigger -Settings $settings | Out-Null
Write-Host "Done. It counts from the next sign-in of $User on."
